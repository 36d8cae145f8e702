-- Tells everybody that a run of a job begins, before its first transaction, which nobody else can see.
-- :worker            the process
-- :name              the job
-- :logical_ms        the "now" that decisions are made for
-- :wall_ms           the wall clock
-- :expires_ms        until when it counts as living without a further sign
-- :expires_awake_ms  the same by the time for which the machine has been awake
INSERT INTO starting_run (worker, name, logical_ms, started_ms, expires_ms, expires_awake_ms)
VALUES (:worker, :name, :logical_ms, :wall_ms, :expires_ms, :expires_awake_ms)
ON CONFLICT (worker) DO UPDATE
   SET name = excluded.name, logical_ms = excluded.logical_ms, started_ms = excluded.started_ms,
       expires_ms = excluded.expires_ms, expires_awake_ms = excluded.expires_awake_ms;
