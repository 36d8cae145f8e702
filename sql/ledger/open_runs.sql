-- Runs that have not ended, with the process of each and until when it counts as living; those without a number are in
-- their first transaction. Of one job, or all.
-- :name  the job's name; NULL for all runs
SELECT r.id, r.kind, r.name, r.worker, r.started_ms, r.expires_ms, r.expires_awake_ms
  FROM run AS r
 WHERE r.outcome = 'running' AND (:name IS NULL OR (r.name = :name AND r.kind = 'job'))
 UNION ALL
SELECT NULL, 'job', s.name, s.worker, s.started_ms, s.expires_ms, s.expires_awake_ms
  FROM starting_run AS s
 WHERE :name IS NULL OR s.name = :name;
