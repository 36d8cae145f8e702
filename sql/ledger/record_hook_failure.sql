-- A hook of a run failed.
-- :run      the run
-- :hook     on_success, on_failure or on_change
-- :message  what went wrong
-- :wall_ms  the wall clock
INSERT INTO hook_failure (run_id, hook, message, at_ms) VALUES (:run, :hook, :message, :wall_ms)
ON CONFLICT DO NOTHING;
