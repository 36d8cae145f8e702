-- A scheduled time is to be run again. No row: another time has been claimed meanwhile, or the job is suspended.
-- :name      the job
-- :fire_ms   the scheduled time
-- :attempt   the attempt that has failed
-- :retry_ms  when
-- :cause     as what: 'schedule' or 'catch-up'
UPDATE job SET retry_ms = :retry_ms, retry_cause = :cause
 WHERE name = :name AND last_fire_ms = :fire_ms AND attempt = :attempt AND suspended = 0;
