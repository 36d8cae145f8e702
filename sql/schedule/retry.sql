-- A fire's run is to be tried again.
-- :name      the job
-- :fire_ms   the fire
-- :retry_ms  when
UPDATE job SET retry_ms = :retry_ms WHERE name = :name AND last_fire_ms = :fire_ms;
