-- An attempt begins: those before it were not the last, and call no on_failure.
-- :name     the job
-- :fire_ms  the scheduled time
-- :attempt  the attempt that begins
DELETE FROM failure_hook
 WHERE run_id IN (SELECT r.id FROM run AS r
                   WHERE r.name = :name AND r.logical_ms = :fire_ms AND r.attempt < :attempt AND r.cause <> 'hand');
