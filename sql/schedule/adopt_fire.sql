-- A scheduled time has a row already, and the job's memory lacks it, since the job began anew when the clock was put back:
-- it is remembered as claimed.
-- :name     the job
-- :fire_ms  the scheduled time
-- :attempt  the attempt that has a row
UPDATE job
   SET last_fire_ms = :fire_ms, attempt = :attempt, retry_ms = NULL, retry_cause = NULL
 WHERE name = :name
   AND (last_fire_ms IS NULL OR last_fire_ms < :fire_ms OR (last_fire_ms = :fire_ms AND attempt < :attempt))
   AND EXISTS (SELECT 1 FROM run AS r
                WHERE r.name = :name AND r.logical_ms = :fire_ms AND r.attempt = :attempt AND r.cause <> 'hand');
