-- What the sweep has found hidden, for the statements of one step. Temporary: apply/keep_overshadowed.sql keeps it.
CREATE TEMP TABLE IF NOT EXISTS hidden (
    datasource_id INTEGER NOT NULL,
    segment_id    INTEGER NOT NULL,
    by_segment_id INTEGER NOT NULL,
    youngest_ms   INTEGER NOT NULL,
    PRIMARY KEY (datasource_id, segment_id)
) WITHOUT ROWID;
DELETE FROM temp.hidden;
