-- A sign of life of a run. No row: it counts as dead by now, and must not go on.
-- :run         the run
-- :worker      its process
-- :expires_ms  until when it counts as living without a further sign
-- :expires_awake_ms  the same by the time for which the machine has been awake
UPDATE run SET expires_ms = :expires_ms, expires_awake_ms = :expires_awake_ms WHERE id = :run AND worker = :worker AND outcome = 'running';
