-- Remembers the jobs in force. Of one that is new, that has another schedule, or that was suspended, no scheduled time is
-- owed from before; but the start that finds this may be the one of a time that came behind the change.
-- :jobs     JSON array of objects: name, schedule, time_zone, suspended (0 or 1), directory; of a new job, since_ms may
--           say from when on scheduled times are owed
-- :wall_ms  the wall clock
-- :owed_ms  of a job whose schedule has changed, or that was suspended: from when on scheduled times are owed; NULL: from now on
INSERT INTO job (name, schedule, time_zone, suspended, directory, since_ms)
SELECT j.value ->> 'name', j.value ->> 'schedule', j.value ->> 'time_zone', j.value ->> 'suspended',
       j.value ->> 'directory', coalesce(j.value ->> 'since_ms', :wall_ms)
  FROM json_each(:jobs) AS j
 WHERE true
ON CONFLICT (name) DO UPDATE
   SET since_ms = CASE WHEN job.schedule <> excluded.schedule OR job.time_zone <> excluded.time_zone
                            OR job.suspended > excluded.suspended
                       THEN coalesce(:owed_ms, :wall_ms) ELSE job.since_ms END,
       retry_ms = CASE WHEN excluded.suspended THEN NULL ELSE job.retry_ms END,
       retry_cause = CASE WHEN excluded.suspended THEN NULL ELSE job.retry_cause END,
       schedule = excluded.schedule, time_zone = excluded.time_zone, suspended = excluded.suspended,
       directory = excluded.directory
 WHERE job.schedule <> excluded.schedule OR job.time_zone <> excluded.time_zone OR job.suspended <> excluded.suspended
    OR job.directory IS NOT excluded.directory;
