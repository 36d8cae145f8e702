-- Scheduled runs that came to no good end, that no further attempt follows, and whose on_failure has not been called: the
-- run, its job, scheduled time, outcome and message, the process that would call it and until when, whether the job is
-- suspended (NULL: it is not known any more), and where the job's file is.
-- :name  the job's name; NULL for all jobs
SELECT h.run_id, r.name, r.logical_ms, r.outcome, r.message, h.worker, h.expires_ms, j.suspended, j.directory
  FROM failure_hook AS h
  JOIN run AS r ON r.id = h.run_id
  LEFT JOIN job AS j ON j.name = r.name
 WHERE (:name IS NULL OR r.name = :name) AND r.outcome <> 'running'
   AND NOT coalesce(j.retry_ms IS NOT NULL AND j.last_fire_ms = r.logical_ms AND j.attempt = r.attempt, false)
 ORDER BY h.run_id;
