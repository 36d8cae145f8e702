-- A scheduled time is claimed, by a run or by a row that says why nothing ran: nobody claims it a second time. No row: what
-- the caller knows of the job is out of date.
-- :name             the job
-- :fire_ms          the scheduled time
-- :attempt          1, or more of a retry
-- :known_ms         the time that was last claimed as far as the caller knows; NULL for none
-- :since_ms         since when the job's schedule holds as far as the caller knows
-- :next_fire_ms     the time behind it; NULL for none
-- :cut_short_ms     how long after its end a run that is cut short is run again; NULL: it is not
-- :cut_short_cause  and as what: 'schedule' or 'catch-up'
UPDATE job
   SET last_fire_ms = :fire_ms, attempt = :attempt, retry_ms = NULL, retry_cause = NULL, next_fire_ms = :next_fire_ms,
       cut_short_ms = :cut_short_ms, cut_short_cause = :cut_short_cause
 WHERE name = :name AND last_fire_ms IS :known_ms AND since_ms = :since_ms AND suspended = 0
   AND CASE WHEN :attempt = 1 THEN coalesce(last_fire_ms < :fire_ms, true)
            ELSE last_fire_ms = :fire_ms AND attempt = :attempt - 1 AND retry_ms IS NOT NULL END
   AND NOT EXISTS (SELECT 1 FROM run AS r
                    WHERE r.name = :name AND r.logical_ms = :fire_ms AND r.attempt = :attempt AND r.cause <> 'hand');
