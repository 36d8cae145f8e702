-- A run ends.
-- :run      the run
-- :outcome  'done', 'failed', 'refused', 'locked', 'partial', 'interrupted' or 'skipped'
-- :message  why, or NULL
-- :wall_ms  the wall clock
UPDATE run SET outcome = :outcome, message = :message, ended_ms = :wall_ms, expires_ms = NULL WHERE id = :run;
