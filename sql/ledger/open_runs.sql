-- Runs that have not ended, with the process of each and until when it counts as living. Of one job, or all.
-- :name  the job's name; NULL for all runs
SELECT r.id, r.kind, r.name, r.worker, r.started_ms, r.expires_ms
  FROM run AS r
 WHERE r.outcome = 'running' AND (:name IS NULL OR (r.name = :name AND r.kind = 'job'));
