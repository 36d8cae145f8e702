-- The journal's open rows: those that another worker is at, the rest of the pending ones, and the deferred ones.
-- :worker   who asks
-- :wall_ms  the wall clock
SELECT coalesce(sum(state = 'pending' AND claimed_by IS NOT NULL AND claimed_by <> :worker AND next_try_ms > :wall_ms), 0),
       coalesce(sum(state = 'pending' AND NOT (claimed_by IS NOT NULL AND claimed_by <> :worker AND next_try_ms > :wall_ms)), 0),
       coalesce(sum(state = 'deferred'), 0)
  FROM deletion INDEXED BY deletion_open
 WHERE state <> 'done';
