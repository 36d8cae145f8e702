-- The versions that a kill keeps of each interval (keep_versions), each with one segment that stands for it. Temporary:
-- select/kept.sql fills it.
CREATE TEMP TABLE IF NOT EXISTS kept (
    datasource_id INTEGER NOT NULL,
    start_ms      INTEGER NOT NULL,
    end_ms        INTEGER NOT NULL,
    version       TEXT    NOT NULL,
    segment_id    INTEGER NOT NULL,
    PRIMARY KEY (datasource_id, start_ms, end_ms, version)
) WITHOUT ROWID;
DELETE FROM temp.kept;
