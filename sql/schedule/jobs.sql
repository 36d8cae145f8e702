-- What is remembered of the jobs.
SELECT name, schedule, time_zone, suspended, since_ms, last_fire_ms, retry_ms, attempt, next_fire_ms, retry_cause FROM job ORDER BY name;
