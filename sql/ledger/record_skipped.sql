-- A fire that is passed over: a run in which nothing ran.
-- :name        the job
-- :logical_ms  the fire
-- :wall_ms     the wall clock
-- :missed      earlier fires that are passed over with it
-- :message     why
INSERT INTO run (kind, name, logical_ms, started_ms, ended_ms, outcome, message, cause, missed)
VALUES ('job', :name, :logical_ms, :wall_ms, :wall_ms, 'skipped', :message, 'schedule', :missed);
