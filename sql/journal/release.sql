-- Gives back the claims of a worker that has died, or gives up. Reads what is open.
-- :worker  who claimed
UPDATE deletion
   SET claimed_by = NULL, next_try_ms = 0
 WHERE state <> 'done' AND claimed_by = :worker;
