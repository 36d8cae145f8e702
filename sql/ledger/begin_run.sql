-- A run begins.
-- :kind        'job' or 'command'
-- :name        the job's name, or the command
-- :logical_ms  the "now" that decisions are made for
-- :wall_ms     the wall clock
-- :cause       'hand', 'schedule' or 'catch-up'
-- :attempt     1, or more of a retry
-- :missed      earlier fires that are passed over with this one
-- :worker      the process
-- :expires_ms  until when it counts as living without a further sign
-- :expires_awake_ms  the same by the time for which the machine has been awake
INSERT INTO run (kind, name, logical_ms, started_ms, cause, attempt, missed, worker, expires_ms, expires_awake_ms)
VALUES (:kind, :name, :logical_ms, :wall_ms, :cause, :attempt, :missed, :worker, :expires_ms, :expires_awake_ms);
