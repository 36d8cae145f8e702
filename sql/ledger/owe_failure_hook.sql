-- A scheduled run came to no good end: on_failure is to be called when no further attempt comes.
-- :run         the run
-- :worker      the process that calls it; NULL: whoever finds that no further attempt comes
-- :expires_ms  until when that process counts as living without a further sign; NULL without one
INSERT INTO failure_hook (run_id, worker, expires_ms)
SELECT r.id, :worker, :expires_ms FROM run AS r WHERE r.id = :run AND r.kind = 'job' AND r.cause <> 'hand'
    ON CONFLICT (run_id) DO NOTHING;
