-- Who works on the deletion journal, when a file that was refused is tried again, and files that no segment names.

ALTER TABLE deletion ADD COLUMN claimed_by TEXT; -- the process that deletes the file; NULL: nobody

-- Of a claimed row, when the claim expires; else the time before which the file is not tried again.
ALTER TABLE deletion ADD COLUMN next_try_ms INTEGER NOT NULL DEFAULT 0;

DROP INDEX deletion_open;
CREATE INDEX deletion_open ON deletion (state, next_try_ms) WHERE state <> 'done';

-- 1: a file that fsck found without a row. It has no payload, its number is below zero, and gone.id is its file.
ALTER TABLE deletion ADD COLUMN orphan INTEGER NOT NULL DEFAULT 0 CHECK (orphan IN (0, 1));

DROP VIEW deletions;
CREATE VIEW deletions AS
SELECT
    st.run_id AS run,
    iif(j.orphan, 'orphan', 'segment') AS kind,
    iif(j.orphan, NULL, g.id) AS id,
    d.name AS datasource,
    j.state,
    j.load_type,
    j.file,
    g.size,
    j.attempts,
    j.last_error,
    CASE WHEN j.state = 'pending' AND j.claimed_by IS NULL THEN
        strftime('%Y-%m-%dT%H:%M:%S.', j.next_try_ms / 1000, 'unixepoch') || substr('00' || (j.next_try_ms % 1000), -3) || 'Z'
    END AS next_try,
    j.claimed_by,
    CASE WHEN j.claimed_by IS NOT NULL THEN
        strftime('%Y-%m-%dT%H:%M:%S.', j.next_try_ms / 1000, 'unixepoch') || substr('00' || (j.next_try_ms % 1000), -3) || 'Z'
    END AS claimed_until,
    strftime('%Y-%m-%dT%H:%M:%S.', j.moved_ms / 1000, 'unixepoch') || substr('00' || (j.moved_ms % 1000), -3) || 'Z' AS moved,
    strftime('%Y-%m-%dT%H:%M:%S.', j.closed_ms / 1000, 'unixepoch') || substr('00' || (j.closed_ms % 1000), -3) || 'Z' AS closed,
    j.segment_id AS segment_key
FROM deletion AS j
JOIN gone AS g ON g.segment_id = j.segment_id
JOIN datasource AS d ON d.id = g.datasource_id
JOIN step AS st ON st.id = g.step_id;

-- As before: they went with the view.
CREATE TRIGGER deletions_no_update INSTEAD OF UPDATE ON deletions
BEGIN
    SELECT RAISE(ABORT, 'deletions is the journal, for reading. Use: lopper kill --resume');
END;

CREATE TRIGGER deletions_no_insert INSTEAD OF INSERT ON deletions
BEGIN
    SELECT RAISE(ABORT, 'deletions are recorded, not inserted. Use: lopper kill DATASOURCE');
END;

CREATE TRIGGER deletions_no_delete INSTEAD OF DELETE ON deletions
BEGIN
    SELECT RAISE(ABORT, 'deletions is the journal: it finds the files that are still to go. Use: lopper kill --resume');
END;
