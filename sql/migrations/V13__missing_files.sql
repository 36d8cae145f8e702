-- What was tried, what was missing, and what rows refer to.

-- 1: an attempt to delete the file has begun. A file that is gone after that counts as deleted, for an attempt may have
-- deleted it and not lived to say so. Before that, a file that is not there is missing.
ALTER TABLE deletion ADD COLUMN begun INTEGER NOT NULL DEFAULT 0 CHECK (begun IN (0, 1));

-- 1: closed because the file was not there although nobody had tried to delete it. The payload stays: if the file comes
-- back, so can the segment.
ALTER TABLE deletion ADD COLUMN missing INTEGER NOT NULL DEFAULT 0 CHECK (missing IN (0, 1));

-- What the disk calls the file, where that is another name: it leads through links, or goes up with '..'.
ALTER TABLE deletion ADD COLUMN real_file TEXT;

UPDATE deletion SET begun = 1 WHERE attempts > 0 OR claimed_by IS NOT NULL;

-- Of open rows: what lies below a folder, and what has another name.
CREATE INDEX deletion_below ON deletion (file) WHERE file IS NOT NULL AND state <> 'done';
CREATE INDEX deletion_real ON deletion (real_file) WHERE real_file IS NOT NULL AND state <> 'done';
CREATE INDEX deletion_missing ON deletion (segment_id) WHERE missing = 1;

-- Segments whose files have no name that can be compared: tombstones, which have none, and load specs that lopper does
-- not understand.
CREATE INDEX payload_nameless ON payload (segment_id) WHERE file IS NULL;

-- Rises whenever files of segments become known or others: by an import, by a restore. Whoever has looked at what
-- segments refer to sees by it that he must look again.
CREATE TABLE reference_epoch (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL
) STRICT;

INSERT INTO reference_epoch (id, epoch) VALUES (1, 0);

DROP VIEW deletions;
CREATE VIEW deletions AS
-- The deletion journal: a segment that a kill deleted, or a file without a segment that `fsck --repair` deleted, and
-- what became of the file.
--   run                        the kill, or the repair
--   kind                       `segment`, or `orphan`: a file that no segment named
--   id, datasource             the segment; the id of an orphan is NULL
--   state                      `pending`: the file is to be deleted; `deferred`: a living segment refers to it;
--                              `done`: it is deleted; `missing`: it was not there, although lopper had not tried to
--                              delete it
--   load_type, file, size      as in `segments`
--   attempts, last_error       how often the deletion was tried, and why it failed last
--   next_try                   of a pending row: when it is due again; `kill --resume` does not wait for that
--   claimed_by, claimed_until  the process that is deleting the file, and when others take over if it does not answer;
--                              a process that died on the same machine is noticed at once
--   moved, closed              when the segment became this row, and when deep storage confirmed that the file is gone
--   segment_key                the number by which the ledger knows the segment; negative for an orphan
SELECT
    st.run_id AS run,
    iif(j.orphan, 'orphan', 'segment') AS kind,
    iif(j.orphan, NULL, g.id) AS id,
    d.name AS datasource,
    iif(j.missing, 'missing', j.state) AS state,
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
