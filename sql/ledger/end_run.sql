-- A run ends.
-- :run      the run
-- :outcome  'done', 'failed', 'refused', 'locked', 'partial' or 'interrupted'
-- :message  why, or NULL
-- :wall_ms  the wall clock
UPDATE run SET outcome = :outcome, message = :message, ended_ms = :wall_ms WHERE id = :run;
