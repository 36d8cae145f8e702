-- The scheduler: who runs what and until when that is sure, which fires of each job are done, and who acts.

-- A run is the lease of its job: as long as it is 'running' and has not expired, no other run of the job begins.
-- (The rows of step refer to it all the while; that is checked at the commit.)
PRAGMA defer_foreign_keys = ON;
CREATE TABLE old_run AS SELECT * FROM run;
DROP TABLE run;
CREATE TABLE run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL CHECK (kind IN ('job', 'command', 'sql')),
    name       TEXT    NOT NULL,   -- the job's name, or the command
    logical_ms INTEGER NOT NULL,   -- the "now" that decisions were made for; of a scheduled run, its fire
    started_ms INTEGER NOT NULL,   -- wall clock
    ended_ms   INTEGER,            -- wall clock; NULL while it runs
    outcome    TEXT    NOT NULL DEFAULT 'running' CHECK (outcome IN
               ('running', 'done', 'failed', 'refused', 'locked', 'partial', 'interrupted',
                'skipped',         -- a fire that was passed over; nothing ran
                'died')),          -- its process ended without a word; what it had committed stands
    message    TEXT,               -- why it failed, was refused, is partial or was skipped
    cause      TEXT    NOT NULL DEFAULT 'hand' CHECK (cause IN
               ('hand',            -- a person, or another program
                'schedule',        -- its fire, on time
                'catch-up')),      -- its fire, late: nothing could start it in time
    attempt    INTEGER NOT NULL DEFAULT 1 CHECK (attempt >= 1), -- 2 is the first retry
    missed     INTEGER NOT NULL DEFAULT 0 CHECK (missed >= 0),  -- earlier fires that were passed over with this one
    worker     TEXT,               -- the process
    expires_ms INTEGER,            -- while it runs: a process that has not prolonged it until then counts as dead
    CHECK (outcome <> 'running' OR ended_ms IS NULL)
) STRICT;
-- A run without an end died long ago, or an older lopper is at it: an hour for that one.
INSERT INTO run (id, kind, name, logical_ms, started_ms, ended_ms, outcome, message, expires_ms)
SELECT id, kind, name, logical_ms, started_ms, ended_ms, outcome, message,
       CASE outcome WHEN 'running' THEN (strftime('%s', 'now') + 3600) * 1000 END
  FROM old_run;
DROP TABLE old_run;

-- A statement of plain SQL is a run; its start is its key, since 'now' is constant within a statement.
CREATE UNIQUE INDEX run_sql ON run (started_ms) WHERE kind = 'sql';
CREATE INDEX run_open ON run (name) WHERE outcome = 'running';
-- One fire is run once, and tried again under another number.
CREATE UNIQUE INDEX run_fire ON run (name, logical_ms, attempt) WHERE cause <> 'hand';

-- What a step came to, for totals that must not count changes one by one.
ALTER TABLE step ADD COLUMN changed INTEGER;       -- segments whose state changed; NULL while it runs, and for sql
ALTER TABLE step ADD COLUMN changed_bytes INTEGER; -- their sizes
ALTER TABLE step ADD COLUMN files_deleted INTEGER; -- of a kill: files that deep storage confirmed gone

-- A job that the scheduler has seen.
CREATE TABLE job (
    name         TEXT    PRIMARY KEY,
    schedule     TEXT    NOT NULL,
    time_zone    TEXT    NOT NULL,
    suspended    INTEGER NOT NULL CHECK (suspended IN (0, 1)), -- 1 as well when its file is gone
    since_ms     INTEGER NOT NULL,   -- when its schedule came into force: fires up to then are not owed
    last_fire_ms INTEGER,            -- the latest fire that a run began for, or that was passed over
    retry_ms     INTEGER,            -- when that fire's run is tried again; NULL: it is not
    attempt      INTEGER NOT NULL DEFAULT 1, -- the latest attempt at that fire
    next_fire_ms INTEGER,            -- the fire behind it, as far as anybody knew then
    CHECK (retry_ms IS NULL OR last_fire_ms IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- Who acts for everybody: one row at most.
CREATE TABLE lease (
    name       TEXT    PRIMARY KEY CHECK (name = 'scheduler'),
    worker     TEXT    NOT NULL,     -- the process
    term       INTEGER NOT NULL,     -- one more each time that it changes hands
    taken_ms   INTEGER NOT NULL,
    renewed_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Hooks that failed. What they are for has happened all the same.
CREATE TABLE hook_failure (
    run_id  INTEGER NOT NULL REFERENCES run (id),
    hook    TEXT    NOT NULL,        -- on_success, on_failure or on_change
    message TEXT    NOT NULL,
    at_ms   INTEGER NOT NULL,        -- wall clock
    PRIMARY KEY (run_id, hook)
) STRICT, WITHOUT ROWID;

-- One row a run, newest last. changed counts segments whose state changed.
DROP VIEW runs;
CREATE VIEW runs AS
SELECT
    r.id AS run,
    r.kind,
    r.name,
    strftime('%Y-%m-%dT%H:%M:%S.', r.logical_ms / 1000, 'unixepoch') || substr('00' || (r.logical_ms % 1000), -3) || 'Z' AS logical_time,
    strftime('%Y-%m-%dT%H:%M:%S.', r.started_ms / 1000, 'unixepoch') || substr('00' || (r.started_ms % 1000), -3) || 'Z' AS started,
    strftime('%Y-%m-%dT%H:%M:%S.', r.ended_ms / 1000, 'unixepoch') || substr('00' || (r.ended_ms % 1000), -3) || 'Z' AS ended,
    r.outcome,
    (SELECT count(*) FROM step AS st JOIN change AS c ON c.step_id = st.id WHERE st.run_id = r.id) AS changed,
    r.message,
    r.cause,
    r.attempt,
    r.missed,
    r.worker
FROM run AS r;

CREATE VIEW jobs AS
-- A job that the scheduler, or `run --scheduled`, has seen.
--   name, schedule, time_zone  as in its file
--   suspended                  1 when the file says so, or is gone
--   since                      when this schedule came into force; earlier scheduled times are not due
--   last_fire                  the latest scheduled time that a run began for, or that was passed over
--   next_fire                  the scheduled time after it
--   retry                      when the run for `last_fire` is tried again; NULL: it is not
--   attempt                    the number of the latest attempt at `last_fire`
--   last_run, last_outcome     its latest run, whatever started it
SELECT
    j.name,
    j.schedule,
    j.time_zone,
    j.suspended,
    strftime('%Y-%m-%dT%H:%M:%S.', j.since_ms / 1000, 'unixepoch') || substr('00' || (j.since_ms % 1000), -3) || 'Z' AS since,
    strftime('%Y-%m-%dT%H:%M:%S.', j.last_fire_ms / 1000, 'unixepoch') || substr('00' || (j.last_fire_ms % 1000), -3) || 'Z' AS last_fire,
    strftime('%Y-%m-%dT%H:%M:%S.', j.next_fire_ms / 1000, 'unixepoch') || substr('00' || (j.next_fire_ms % 1000), -3) || 'Z' AS next_fire,
    strftime('%Y-%m-%dT%H:%M:%S.', j.retry_ms / 1000, 'unixepoch') || substr('00' || (j.retry_ms % 1000), -3) || 'Z' AS retry,
    j.attempt,
    r.id AS last_run,
    r.outcome AS last_outcome
FROM job AS j
LEFT JOIN run AS r ON r.id = (SELECT max(q.id) FROM run AS q WHERE q.name = j.name AND q.kind = 'job' AND q.outcome <> 'skipped');

CREATE INDEX run_name ON run (name, id);

CREATE VIEW schedulers AS
-- The `lopper schedule` that leads: one row, or none.
--   worker                   the process
--   term                     rises by one each time that another process takes over
--   taken, renewed, expires  since when it leads, its last heartbeat, and when others take over without a further one
--   state                    `held` or `expired`
SELECT
    l.worker,
    l.term,
    strftime('%Y-%m-%dT%H:%M:%S.', l.taken_ms / 1000, 'unixepoch') || substr('00' || (l.taken_ms % 1000), -3) || 'Z' AS taken,
    strftime('%Y-%m-%dT%H:%M:%S.', l.renewed_ms / 1000, 'unixepoch') || substr('00' || (l.renewed_ms % 1000), -3) || 'Z' AS renewed,
    strftime('%Y-%m-%dT%H:%M:%S.', l.expires_ms / 1000, 'unixepoch') || substr('00' || (l.expires_ms % 1000), -3) || 'Z' AS expires,
    CASE WHEN l.expires_ms <= strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
         THEN 'expired' ELSE 'held' END AS state
FROM lease AS l;

CREATE VIEW hook_failures AS
-- A hook that could not start, failed, took too long or was stopped. It does not change the outcome of the run.
--   run, name  the run, and its job
--   hook       `on_success`, `on_failure`, `on_change` or `on_warning`
--   message    what went wrong, with the last line that the hook printed
--   at         when, by the wall clock
SELECT
    h.run_id AS run,
    r.name,
    h.hook,
    h.message,
    strftime('%Y-%m-%dT%H:%M:%S.', h.at_ms / 1000, 'unixepoch') || substr('00' || (h.at_ms % 1000), -3) || 'Z' AS at
FROM hook_failure AS h
JOIN run AS r ON r.id = h.run_id;

-- Writes that the views refuse, with what to use instead.

CREATE TRIGGER runs_no_update INSTEAD OF UPDATE ON runs
BEGIN
    SELECT RAISE(ABORT, 'runs is the ledger, for reading. Use: lopper history');
END;

CREATE TRIGGER runs_no_insert INSTEAD OF INSERT ON runs
BEGIN
    SELECT RAISE(ABORT, 'runs are recorded, not inserted. Use: lopper run JOB');
END;

CREATE TRIGGER runs_no_delete INSTEAD OF DELETE ON runs
BEGIN
    SELECT RAISE(ABORT, 'runs is the ledger, for reading. Use: lopper history');
END;

CREATE TRIGGER jobs_no_update INSTEAD OF UPDATE ON jobs
BEGIN
    SELECT RAISE(ABORT, 'jobs is what the scheduler remembers. Change the job file: suspend = true, or another schedule');
END;

CREATE TRIGGER jobs_no_insert INSTEAD OF INSERT ON jobs
BEGIN
    SELECT RAISE(ABORT, 'jobs are files. Put one into the directory of lopper schedule --jobs DIR');
END;

CREATE TRIGGER jobs_no_delete INSTEAD OF DELETE ON jobs
BEGIN
    SELECT RAISE(ABORT, 'jobs is what the scheduler remembers. Remove the job file, or set suspend = true in it');
END;

CREATE TRIGGER schedulers_no_update INSTEAD OF UPDATE ON schedulers
BEGIN
    SELECT RAISE(ABORT, 'schedulers tells who acts. Stop that lopper schedule, and another takes over');
END;

CREATE TRIGGER schedulers_no_insert INSTEAD OF INSERT ON schedulers
BEGIN
    SELECT RAISE(ABORT, 'schedulers tells who acts. Use: lopper schedule');
END;

CREATE TRIGGER schedulers_no_delete INSTEAD OF DELETE ON schedulers
BEGIN
    SELECT RAISE(ABORT, 'schedulers tells who acts. Stop that lopper schedule, and another takes over');
END;

CREATE TRIGGER hook_failures_no_update INSTEAD OF UPDATE ON hook_failures
BEGIN
    SELECT RAISE(ABORT, 'hook_failures is the ledger, for reading. Use: lopper history');
END;

CREATE TRIGGER hook_failures_no_insert INSTEAD OF INSERT ON hook_failures
BEGIN
    SELECT RAISE(ABORT, 'hook_failures are recorded, not inserted. Use: lopper run JOB');
END;

CREATE TRIGGER hook_failures_no_delete INSTEAD OF DELETE ON hook_failures
BEGIN
    SELECT RAISE(ABORT, 'hook_failures is the ledger, for reading. Use: lopper history');
END;
