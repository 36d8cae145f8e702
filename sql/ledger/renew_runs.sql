-- A sign of life of all that a process runs.
-- :worker      the process
-- :expires_ms  until when its runs count as living without a further sign
UPDATE run SET expires_ms = :expires_ms WHERE worker = :worker AND outcome = 'running';
