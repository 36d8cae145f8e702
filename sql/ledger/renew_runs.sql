-- A sign of life of all that a process runs.
-- :worker      the process
-- :expires_ms  until when its runs count as living without a further sign
-- :expires_awake_ms  the same by the time for which the machine has been awake
UPDATE run SET expires_ms = :expires_ms, expires_awake_ms = :expires_awake_ms WHERE worker = :worker AND outcome = 'running';
