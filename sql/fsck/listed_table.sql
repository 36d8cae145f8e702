-- What a listing of deep storage has found, and no row names. Temporary: on disk, not part of the store.
-- datasource and interval: by the path; NULL where the file does not lie as Druid lays out segments.
CREATE TEMP TABLE listed (
    file        TEXT    PRIMARY KEY, -- as in payload
    file_hash   INTEGER NOT NULL,
    load_type   TEXT    NOT NULL,
    datasource  TEXT,
    start_ms    INTEGER,             -- the interval, by the path
    end_ms      INTEGER,
    size        INTEGER NOT NULL,    -- bytes
    modified_ms INTEGER NOT NULL,
    is_exact    INTEGER NOT NULL     -- whether a deletion can name it, and nothing else with it
) STRICT, WITHOUT ROWID;

-- A page of it that is on its way into the deletion journal.
CREATE TEMP TABLE orphan (
    segment_id INTEGER PRIMARY KEY,  -- below zero
    file       TEXT    NOT NULL,
    file_hash  INTEGER NOT NULL,
    load_type  TEXT    NOT NULL,
    datasource TEXT    NOT NULL,
    start_ms   INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL,
    size       INTEGER NOT NULL
) STRICT;
