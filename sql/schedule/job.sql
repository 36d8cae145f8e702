-- What is remembered of one job.
-- :name  its name
SELECT name, schedule, time_zone, suspended, since_ms, last_fire_ms, retry_ms, attempt, next_fire_ms, retry_cause FROM job WHERE name = :name;
