-- The deletion journal: rows whose file is to go now, those of them that deep storage refused, and rows that wait until
-- no living relative needs their file.
SELECT coalesce(sum(state = 'pending'), 0), coalesce(sum(state = 'pending' AND last_error IS NOT NULL), 0),
       coalesce(sum(state = 'deferred'), 0)
  FROM deletion INDEXED BY deletion_open
 WHERE state <> 'done';
