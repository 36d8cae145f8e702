-- The ledger (run, step, change: what happened and why) and the deletion journal.

-- One command, job or plain SQL statement.
CREATE TABLE run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL CHECK (kind IN ('job', 'command', 'sql')),
    name       TEXT    NOT NULL,   -- the job's name, or the command
    logical_ms INTEGER NOT NULL,   -- the "now" that decisions were made for
    started_ms INTEGER NOT NULL,   -- wall clock
    ended_ms   INTEGER,            -- wall clock; NULL while it runs, or if it died
    outcome    TEXT    NOT NULL DEFAULT 'running' CHECK (outcome IN
               ('running', 'done', 'failed', 'refused', 'locked', 'partial', 'interrupted')),
    message    TEXT                -- why it failed, was refused or is partial
) STRICT;

-- A statement of plain SQL is a run; its start is its key, since 'now' is constant within a statement.
CREATE UNIQUE INDEX run_sql ON run (started_ms) WHERE kind = 'sql';

-- One operation of a run.
CREATE TABLE step (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id    INTEGER NOT NULL REFERENCES run (id),
    number    INTEGER NOT NULL,    -- 1, 2, … within the run
    op        TEXT    NOT NULL,    -- mark-used, mark-unused, kill, import, check, sql
    arguments TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(arguments)),
    selected  INTEGER,             -- segments that the step named; NULL while it runs, and for sql
    skipped   INTEGER,             -- left alone because of a lock
    report    TEXT CHECK (report IS NULL OR json_valid(report)), -- the step as --output json printed it
    UNIQUE (run_id, number)
) STRICT;

-- Reasons are few and long; changes are many and short.
CREATE TABLE reason (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- One change of state of one segment. Clustered by step, so that writing is appending; it names
-- segments by number and outlives them (gone keeps their names).
CREATE TABLE change (
    step_id      INTEGER NOT NULL REFERENCES step (id),
    segment_id   INTEGER NOT NULL,
    before       INTEGER CHECK (before IN (0, 1)), -- used before
    after        INTEGER CHECK (after IN (0, 1)),  -- used after; NULL: the row is gone
    reason_id    INTEGER NOT NULL REFERENCES reason (id),
    PRIMARY KEY (step_id, segment_id)
) STRICT, WITHOUT ROWID;

-- Name plates of segments that are no longer there, so that the ledger stays readable and an
-- import knows what lopper has killed.
CREATE TABLE gone (
    segment_id    INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL,
    datasource_id INTEGER NOT NULL REFERENCES datasource (id),
    start_ms      INTEGER NOT NULL,
    end_ms        INTEGER NOT NULL,
    version       TEXT    NOT NULL,
    partition_num INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    step_id       INTEGER NOT NULL REFERENCES step (id), -- the step that removed it
    how           TEXT    NOT NULL CHECK (how IN ('killed', 'replaced')) -- replaced: by import --replace
) STRICT;

CREATE INDEX gone_id ON gone (id);

-- The deletion journal. A kill moves a segment here in the transaction that deletes its row; its file goes
-- afterwards, and the row is closed when deep storage has confirmed.
CREATE TABLE deletion (
    segment_id    INTEGER PRIMARY KEY REFERENCES gone (segment_id),
    state         TEXT    NOT NULL CHECK (state IN ('pending', 'deferred', 'done')),
                                     -- pending: the file is to go now; deferred: a relative still needs it
    load_type     TEXT,              -- NULL, or a type without files (tombstone): nothing to delete
    file          TEXT,              -- as in payload
    file_hash     INTEGER,
    upgraded_from_segment_id TEXT,   -- lineage, for files that are shared after an upgrade
    attempts      INTEGER NOT NULL DEFAULT 0,
    last_error    TEXT,              -- of the last attempt, if it failed
    moved_ms      INTEGER NOT NULL,  -- when the row left the segment table
    closed_ms     INTEGER,           -- when the file was confirmed gone
    -- What it takes to restore the row while its file lives; emptied when it is closed.
    used_updated_ms INTEGER,
    shard_type    TEXT NOT NULL,
    core_partitions INTEGER,
    created_ms    INTEGER,
    partitioned   INTEGER NOT NULL,
    schema_fingerprint TEXT,
    num_rows      INTEGER,
    indexing_state_fingerprint TEXT,
    payload       TEXT,
    CHECK ((state = 'done') = (closed_ms IS NOT NULL)),
    CHECK (state = 'done' OR payload IS NOT NULL)
) STRICT;

CREATE INDEX deletion_open ON deletion (state) WHERE state <> 'done';
CREATE INDEX deletion_file ON deletion (file_hash) WHERE file_hash IS NOT NULL AND state <> 'done';
