-- The segments, their payloads, the rules, and the locks that protect intervals.
--
-- Units: every *_ms is signed milliseconds since 1970-01-01T00:00:00Z (Druid's eternity is
-- -4611686018427387904 .. 4611686018427387903). Booleans are 0 and 1. Intervals are [start, end).
--
-- Tables are singular and may change with the program. The views (V3, V4) are plural and stay.

-- Marks the file as lopper's: the bytes "lopp".
PRAGMA application_id = 1819242608;

-- Names are kept once; everything narrow refers to them by number.
CREATE TABLE datasource (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT;

-- What operations ask for, and nothing else: a mark rewrites about 100 bytes a segment, not a
-- payload of a kilobyte. AUTOINCREMENT, because the ledger outlives segments and a number must never
-- come back as another segment.
CREATE TABLE segment (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    datasource_id   INTEGER NOT NULL REFERENCES datasource (id),
    start_ms        INTEGER NOT NULL,
    end_ms          INTEGER NOT NULL,
    version         TEXT    NOT NULL,  -- compared by UTF-16 code units, as Java compares strings
    partition_num   INTEGER NOT NULL,  -- Druid's partition number within interval and version
    used            INTEGER NOT NULL,  -- 1: Druid serves it; 0: unused, the candidate of a kill
    used_updated_ms INTEGER,           -- used_status_last_updated; NULL where no one ever stamped it
    size            INTEGER NOT NULL,  -- bytes, by the payload
    shard_type      TEXT    NOT NULL,  -- the shardSpec's type, "none" where the payload has none
    core_partitions INTEGER,           -- the shardSpec's number of core partitions, where it tells one
    load_type       TEXT,              -- the loadSpec's type; NULL: no loadSpec, so no known files
    CHECK (start_ms <= end_ms),
    CHECK (used IN (0, 1)),
    CHECK (partition_num >= 0),
    CHECK (size >= 0)
) STRICT;

-- By interval: "contained in" is a range of starts within a datasource; the end is checked in the index.
CREATE INDEX segment_interval ON segment (datasource_id, start_ms, end_ms);
-- Candidates of a kill, oldest end first. Partial, so that only unused segments pay for it.
CREATE INDEX segment_unused ON segment (end_ms, datasource_id) WHERE used = 0;
-- Unused segments that no one ever stamped: a kill stamps them first. Nearly always empty.
CREATE INDEX segment_never_stamped ON segment (datasource_id)
    WHERE used = 0 AND (used_updated_ms IS NULL OR used_updated_ms = 0);

-- What is kept, shown and exported, but never decides. One row a segment.
CREATE TABLE payload (
    segment_id  INTEGER PRIMARY KEY REFERENCES segment (id) ON DELETE CASCADE,
    id          TEXT    NOT NULL UNIQUE, -- Druid's text id; its index lives here, so that marks stay cheap
    created_ms  INTEGER,                 -- created_date; NULL where the dump has none
    partitioned INTEGER NOT NULL,        -- Druid's column of that name
    file        TEXT,                    -- where the loadSpec points, normalised ("file:/…", "s3://…"); NULL: nowhere that lopper knows
    file_hash   INTEGER,                 -- 64-bit hash of file: finds the segments that share one
    upgraded_from_segment_id   TEXT,     -- Druid's columns of these names
    schema_fingerprint         TEXT,
    num_rows                   INTEGER,
    indexing_state_fingerprint TEXT,
    payload     TEXT    NOT NULL,        -- Druid's DataSegment JSON, byte for byte as it came
    CHECK (partitioned IN (0, 1)),
    CHECK ((file IS NULL) = (file_hash IS NULL))
) STRICT;

CREATE INDEX payload_file ON payload (file_hash) WHERE file_hash IS NOT NULL;
CREATE INDEX payload_upgraded_from ON payload (upgraded_from_segment_id)
    WHERE upgraded_from_segment_id IS NOT NULL;

-- Instants that SQLite's date functions cannot write: beyond the years 0000 to 9999.
CREATE TABLE far_instant (
    ms   INTEGER PRIMARY KEY,
    text TEXT NOT NULL  -- Druid's canonical text
) STRICT;

INSERT INTO far_instant (ms, text) VALUES
    (-4611686018427387904, '-146136543-09-08T08:23:32.096Z'),
    ( 4611686018427387903, '146140482-04-24T15:36:27.903Z');

-- Rule chains, every version. The newest version of a datasource is in force, then that of _default.
CREATE TABLE rule (
    id         INTEGER PRIMARY KEY,
    rule_id    TEXT NOT NULL UNIQUE,  -- Druid's id: {datasource}_{version}
    datasource TEXT NOT NULL CHECK (datasource <> ''), -- a name, not a reference: rules may come before segments
    version    TEXT NOT NULL,         -- an instant as text, as Druid writes it
    payload    TEXT NOT NULL,         -- the chain: a JSON array, byte for byte as it came
    CHECK (json_valid(payload) AND json_type(payload) = 'array')
) STRICT;

CREATE INDEX rule_datasource ON rule (datasource, version);

-- Who works on which interval. Everything that changes segments looks here first.
CREATE TABLE lock (
    id         INTEGER PRIMARY KEY,
    datasource TEXT    NOT NULL CHECK (datasource <> ''),
    start_ms   INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('append', 'replace', 'read', 'kill')),
    owner      TEXT    NOT NULL CHECK (owner <> ''),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,               -- NULL: until it is removed
    CHECK (start_ms <= end_ms)
) STRICT;

CREATE INDEX lock_datasource ON lock (datasource, start_ms);
