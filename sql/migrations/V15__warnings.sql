-- Warnings of steps: counted, so that metrics and history do not read reports, and a view of their own.

ALTER TABLE step ADD COLUMN warnings INTEGER; -- how many the step's report has; NULL while it runs, and for sql
UPDATE step SET warnings = coalesce(json_array_length(report, '$.warnings'), 0) WHERE report IS NOT NULL;

DROP VIEW steps;
CREATE VIEW steps AS
-- A step of a run.
--   run, step  the run, and the number of the step in it, from 1
--   op         the operation
--   selected   segments that were selected, whatever their state
--   changed    segments whose state changed
--   skipped    segments left as they are because of a lock
--   arguments  the arguments of the step, as JSON
--   report     its report as JSON, as `--output json` prints it
--   warnings   the number of warnings in that report
SELECT
    st.run_id AS run,
    st.number AS step,
    st.op,
    st.selected,
    (SELECT count(*) FROM change AS c WHERE c.step_id = st.id) AS changed,
    st.skipped,
    st.arguments,
    st.report,
    st.warnings
FROM step AS st;

-- One row a run, newest last. changed counts segments whose state changed.
DROP VIEW runs;
CREATE VIEW runs AS
-- A run of a job, of a command, or of a statement of plain SQL; newest last.
--   run             its number
--   kind            `job`, `command` or `sql` (a statement of plain SQL)
--   name            the name of the job or the command
--   logical_time    the "now" that decisions were made for
--   started, ended  wall clock; `ended` is NULL while the run goes on
--   outcome         `running`, `done`, `failed`, `refused`, `locked`, `partial`, `interrupted`, `skipped` (a scheduled
--                   time that was passed over; nothing ran) or `died` (its process ended without a word, as the next
--                   run or scheduler finds)
--   changed         segments whose state changed
--   message         why it failed, was refused, is partial or was skipped
--   cause           `hand` (a person or another program), `schedule` (on time) or `catch-up` (late, because nothing
--                   could start it in time)
--   attempt         1; 2 is the first retry
--   missed          earlier scheduled times that were passed over together with this one
--   worker          the process, where it is known
--   warnings        the number of warnings of its steps
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
    r.worker,
    (SELECT coalesce(sum(st.warnings), 0) FROM step AS st WHERE st.run_id = r.id) AS warnings
FROM run AS r;

CREATE VIEW warnings AS
-- A warning of a step: no error, but worth a look.
--   run, name  the run, and its job or command
--   step, op   the step
--   code       a stable name for this kind of warning, such as `unknown-datasource`
--   segment    the segment that it is about, if it is about one
--   message    text for people
SELECT
    st.run_id AS run,
    r.name,
    st.number AS step,
    st.op,
    w.value ->> '$.code' AS code,
    w.value ->> '$.segment' AS segment,
    w.value ->> '$.message' AS message
FROM step AS st
JOIN run AS r ON r.id = st.run_id
JOIN json_each(st.report, '$.warnings') AS w
WHERE st.warnings > 0;

-- Writes that the views refuse, with what to use instead.

CREATE TRIGGER steps_no_update INSTEAD OF UPDATE ON steps
BEGIN
    SELECT RAISE(ABORT, 'steps is the ledger, for reading. Use: lopper history RUN');
END;

CREATE TRIGGER steps_no_insert INSTEAD OF INSERT ON steps
BEGIN
    SELECT RAISE(ABORT, 'steps are recorded, not inserted. Use: lopper run JOB');
END;

CREATE TRIGGER steps_no_delete INSTEAD OF DELETE ON steps
BEGIN
    SELECT RAISE(ABORT, 'steps is the ledger, for reading. Use: lopper history RUN');
END;

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

CREATE TRIGGER warnings_no_update INSTEAD OF UPDATE ON warnings
BEGIN
    SELECT RAISE(ABORT, 'warnings is the ledger, for reading. Use: lopper history RUN');
END;

CREATE TRIGGER warnings_no_insert INSTEAD OF INSERT ON warnings
BEGIN
    SELECT RAISE(ABORT, 'warnings are recorded, not inserted. Use: lopper run JOB');
END;

CREATE TRIGGER warnings_no_delete INSTEAD OF DELETE ON warnings
BEGIN
    SELECT RAISE(ABORT, 'warnings is the ledger, for reading. Use: lopper history RUN');
END;
