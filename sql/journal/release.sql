-- Gives back the claims of a worker that has died, or gives up.
-- :worker  who claimed
UPDATE deletion
   SET claimed_by = NULL, next_try_ms = 0
 WHERE state = 'pending' AND state <> 'done'  -- 'done': for the partial index
   AND claimed_by = :worker;
