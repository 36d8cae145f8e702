-- The journal's open rows, by state: pending, pending after a failure, deferred.
SELECT coalesce(sum(state = 'pending'), 0),
       coalesce(sum(state = 'pending' AND last_error IS NOT NULL), 0),
       coalesce(sum(state = 'deferred'), 0)
  FROM deletion INDEXED BY deletion_open
 WHERE state <> 'done';
