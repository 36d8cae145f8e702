-- A run begins.
-- :kind        'job' or 'command'
-- :name        the job's name, or the command
-- :logical_ms  the "now" that decisions are made for
-- :wall_ms     the wall clock
INSERT INTO run (kind, name, logical_ms, started_ms) VALUES (:kind, :name, :logical_ms, :wall_ms);
