-- A fire is run, or passed over: nobody does so a second time. No row: somebody else has decided meanwhile.
-- :name          the job
-- :fire_ms       the fire
-- :attempt       1, or more of a retry
-- :known_ms      the fire that was last decided as far as the caller knows; NULL for none
-- :next_fire_ms  the fire behind it; NULL for none
UPDATE job
   SET last_fire_ms = :fire_ms, attempt = :attempt, retry_ms = NULL, next_fire_ms = :next_fire_ms
 WHERE name = :name AND last_fire_ms IS :known_ms
   AND (:attempt = 1 OR (attempt = :attempt - 1 AND retry_ms IS NOT NULL))
   AND NOT EXISTS (SELECT 1 FROM run AS r
                    WHERE r.name = :name AND r.logical_ms = :fire_ms AND r.attempt = :attempt AND r.cause <> 'hand');
