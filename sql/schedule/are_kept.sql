-- Whether the jobs are remembered as they are, so that nothing is to be written.
-- :jobs  JSON array of objects: name, schedule, time_zone, suspended (0 or 1), directory, retries, catches_up (0 or 1)
SELECT NOT EXISTS (
    SELECT 1
      FROM json_each(:jobs) AS j
     WHERE NOT EXISTS (SELECT 1 FROM job
                        WHERE job.name = j.value ->> 'name' AND job.schedule = j.value ->> 'schedule'
                          AND job.time_zone = j.value ->> 'time_zone' AND job.suspended = j.value ->> 'suspended'
                          AND job.directory IS j.value ->> 'directory'
                          AND (job.retry_ms IS NULL
                               OR CASE WHEN job.retry_cause = 'catch-up' THEN j.value ->> 'catches_up'
                                       ELSE job.attempt <= j.value ->> 'retries' END)));
