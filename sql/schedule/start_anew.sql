-- The clock was far ahead when the job was last decided about: its scheduled times count from now on.
-- :name     the job
-- :wall_ms  the wall clock
UPDATE job SET since_ms = :wall_ms, last_fire_ms = NULL, retry_ms = NULL, retry_cause = NULL WHERE name = :name;
