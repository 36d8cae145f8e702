-- Drops the retries that a job does not want any more, since its file has changed.
-- :jobs  JSON array of objects: name, retries, catches_up (0 or 1)
UPDATE job
   SET retry_ms = NULL, retry_cause = NULL
  FROM json_each(:jobs) AS j
 WHERE job.name = j.value ->> 'name' AND job.retry_ms IS NOT NULL
   AND CASE WHEN job.retry_cause = 'catch-up' THEN NOT j.value ->> 'catches_up'
            ELSE job.attempt > j.value ->> 'retries' END;
