-- Gives back the claims of a worker that has died, or gives up. Reads what is open, and what was closed as missing.
-- :worker  who claimed
UPDATE deletion
   SET claimed_by = NULL, next_try_ms = 0
 WHERE segment_id IN (
        SELECT j.segment_id FROM deletion AS j INDEXED BY deletion_open
         WHERE j.state <> 'done' AND j.claimed_by = :worker
        UNION ALL
        SELECT j.segment_id FROM deletion AS j INDEXED BY deletion_missing
         WHERE j.missing = 1 AND j.claimed_by = :worker);
