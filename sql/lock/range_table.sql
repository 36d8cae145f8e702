-- What is locked: intervals of datasources that have segments, which do not overlap each other, so that one look tells
-- whether a segment is locked, however many locks there are. Temporary: lock/gather.sql fills it.
CREATE TEMP TABLE IF NOT EXISTS locked (
    datasource_id INTEGER NOT NULL,
    start_ms      INTEGER NOT NULL,
    end_ms        INTEGER NOT NULL,
    PRIMARY KEY (datasource_id, start_ms)
) WITHOUT ROWID;
DELETE FROM temp.locked;
-- As of which state of the file (PRAGMA data_version): before the locks are read, so that a change in between is noticed.
-- It is forgotten where a transaction is rolled back, as the intervals are.
CREATE TEMP TABLE IF NOT EXISTS locked_as_of (data_version INTEGER NOT NULL);
DELETE FROM temp.locked_as_of;
INSERT INTO temp.locked_as_of (data_version) SELECT v.data_version FROM pragma_data_version AS v;
