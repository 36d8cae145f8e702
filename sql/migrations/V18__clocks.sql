-- What nobody sets the clock of, and runs that cannot be seen yet.

-- As expires_ms, by the milliseconds for which the machine has been awake since its boot. They mean something to processes
-- of that boot, which the worker's name tells. NULL: an older lopper wrote the row.
ALTER TABLE run ADD COLUMN expires_awake_ms INTEGER;
ALTER TABLE lease ADD COLUMN expires_awake_ms INTEGER;

-- Runs of jobs whose first transaction goes on. The run's own row, which has its number, is seen with its commit; it takes
-- this one out. What is left of a process that died means nothing.
CREATE TABLE starting_run (
    worker           TEXT    PRIMARY KEY, -- the process
    name             TEXT    NOT NULL,    -- the job
    logical_ms       INTEGER NOT NULL,
    started_ms       INTEGER NOT NULL,    -- wall clock
    expires_ms       INTEGER NOT NULL,
    expires_awake_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE VIEW starting_runs AS
-- A run of a job whose first transaction goes on, and whose changes nobody else sees yet. It gets its number, and its
-- row in `runs`, with the commit.
--   name                        the job
--   logical_time, started, worker  as in `runs`
SELECT
    s.name,
    strftime('%Y-%m-%dT%H:%M:%S.', s.logical_ms / 1000, 'unixepoch') || substr('00' || (s.logical_ms % 1000), -3) || 'Z' AS logical_time,
    strftime('%Y-%m-%dT%H:%M:%S.', s.started_ms / 1000, 'unixepoch') || substr('00' || (s.started_ms % 1000), -3) || 'Z' AS started,
    s.worker
FROM starting_run AS s;

CREATE TRIGGER starting_runs_no_update INSTEAD OF UPDATE ON starting_runs
BEGIN
    SELECT RAISE(ABORT, 'starting_runs is the ledger, for reading. Use: lopper history');
END;

CREATE TRIGGER starting_runs_no_insert INSTEAD OF INSERT ON starting_runs
BEGIN
    SELECT RAISE(ABORT, 'runs are recorded, not inserted. Use: lopper run JOB');
END;

CREATE TRIGGER starting_runs_no_delete INSTEAD OF DELETE ON starting_runs
BEGIN
    SELECT RAISE(ABORT, 'starting_runs is the ledger, for reading. Use: lopper history');
END;
