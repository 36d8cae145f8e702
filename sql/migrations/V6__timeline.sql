-- What the timeline and the rules need of a segment without a look into its payload, and what the last pass of
-- enforce-rules has found.

-- When the segment came to be: a pass leaves alone what young segments overshadow, and asks this of every
-- segment that it reads. It moves here from payload, whose rows are ten times as large.
ALTER TABLE segment ADD COLUMN created_ms INTEGER;  -- created_date; NULL where the dump has none

-- What overshadowing asks of the few shard specs that type, partition_num and core_partitions do not tell, as a
-- JSON array; else NULL.
--   numbered_overwrite: [startRootPartitionId, endRootPartitionId, minorVersion, atomicUpdateGroupSize]
--   single and range without numCorePartitions: [start, end]
ALTER TABLE segment ADD COLUMN shard TEXT CHECK (shard IS NULL OR json_valid(shard));

UPDATE segment SET created_ms = (SELECT p.created_ms FROM payload AS p WHERE p.segment_id = segment.id);

UPDATE segment
   SET shard = (SELECT CASE WHEN segment.shard_type IN ('single', 'range')
                       THEN json_array(p.payload -> '$.shardSpec.start', p.payload -> '$.shardSpec.end')
                       ELSE json_array(coalesce(p.payload ->> '$.shardSpec.startRootPartitionId', 0),
                                       coalesce(p.payload ->> '$.shardSpec.endRootPartitionId', 0),
                                       p.payload ->> '$.shardSpec.minorVersion',
                                       p.payload ->> '$.shardSpec.atomicUpdateGroupSize') END
                  FROM payload AS p
                 WHERE p.segment_id = segment.id AND json_valid(p.payload))
 WHERE shard_type = 'numbered_overwrite'
    OR (shard_type IN ('single', 'range') AND core_partitions IS NULL);

-- The journal keeps all that it takes to restore a row.
ALTER TABLE deletion ADD COLUMN shard TEXT;

-- Candidates of a kill, by datasource: a mark goes through datasources one after the other, so that it writes this
-- index in order. (With the end first, it took half of the time of a large mark.)
DROP INDEX segment_unused;
CREATE INDEX segment_unused ON segment (datasource_id, end_ms) WHERE used = 0;

-- Eternity tombstones are looked for in every pass, and are few.
CREATE INDEX segment_tombstone ON segment (datasource_id) WHERE shard_type = 'tombstone';

-- What hid a segment when a pass last looked at it. A pass looks at used segments; the row of a segment that it marks
-- unused stays, and tells why it is superseded.
CREATE TABLE overshadowed (
    segment_id    INTEGER PRIMARY KEY REFERENCES segment (id) ON DELETE CASCADE,
    datasource_id INTEGER NOT NULL,
    by_segment_id INTEGER NOT NULL,  -- a segment that hides it; may be gone by now
    youngest_ms   INTEGER NOT NULL   -- when the youngest segment that hides it was created or last marked used
) STRICT;

-- A pass forgets what an earlier one found in its datasources.
CREATE INDEX overshadowed_datasource ON overshadowed (datasource_id);

-- The rule chains of the last pass as plain bounds. The boxes of a datasource share no segment and leave none out:
-- a segment is in the box whose bounds hold its start and end, and the box names the rule that decides there. All
-- bounds are inclusive; a side without a bound has the least or greatest integer.
CREATE TABLE rule_box (
    datasource_id INTEGER NOT NULL REFERENCES datasource (id),
    box           INTEGER NOT NULL,  -- 1, 2, … within the datasource
    rule          INTEGER,           -- the rule's number in its chain, from 1; NULL: no rule applies
    chain         TEXT,              -- whose chain: the datasource's, or _default's
    effect        TEXT NOT NULL CHECK (effect IN ('load', 'broadcast', 'drop', 'none')),
    reason        TEXT,              -- as the ledger tells it: rule 3 dropBeforeByPeriod P90D (_default)
    start_min     INTEGER NOT NULL,
    start_max     INTEGER NOT NULL,
    end_min       INTEGER NOT NULL,
    end_max       INTEGER NOT NULL,
    logical_ms    INTEGER NOT NULL,  -- the "now" of the pass
    PRIMARY KEY (datasource_id, box),
    CHECK ((rule IS NULL) = (effect = 'none'))
) STRICT, WITHOUT ROWID;

-- created_ms has moved: the view of Druid's table reads it from its new place.
DROP VIEW druid_segments;

CREATE VIEW druid_segments AS
-- Druid's own segment table: its names, its order, its text forms. Queries written for Druid's metadata store run here
-- unchanged.
--   id                          Druid's text id; an index finds it
--   dataSource                  the datasource
--   created_date                when the segment was published; NULL where the dump has no such time
--   start, end                  the interval, which contains its start and not its end
--   partitioned                 0 or 1
--   version                     the version
--   used                        1: Druid serves the segment; 0: it is unused. UPDATE changes it
--   payload                     Druid's DataSegment JSON, byte for byte as it was imported
--   used_status_last_updated    when `used` last changed; NULL where nobody stamped it
--   upgraded_from_segment_id, schema_fingerprint, num_rows, indexing_state_fingerprint  Druid's columns of these names
--   start_ms, end_ms            the interval in milliseconds since 1970-01-01T00:00:00Z, which compare right in every
--                               year
SELECT
    p.id,
    d.name AS dataSource,
    strftime('%Y-%m-%dT%H:%M:%S.', (s.created_ms - (s.created_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
        || substr('00' || ((s.created_ms % 1000 + 1000) % 1000), -3) || 'Z' AS created_date,
    t.start,
    t."end",
    p.partitioned,
    s.version,
    s.used,
    p.payload,
    t.used_status_last_updated,
    p.upgraded_from_segment_id,
    p.schema_fingerprint,
    p.num_rows,
    p.indexing_state_fingerprint,
    s.start_ms,
    s.end_ms
FROM segment AS s
JOIN payload AS p ON p.segment_id = s.id
JOIN datasource AS d ON d.id = s.datasource_id
JOIN segment_text AS t ON t.segment_id = s.id;

-- A mark by plain SQL: the same checks, the same stamp and the same ledger as a mark by the program.
CREATE TRIGGER druid_segments_mark
INSTEAD OF UPDATE OF used ON druid_segments
WHEN OLD.used IS NOT NEW.used
BEGIN
    SELECT RAISE(ABORT, 'used must be 0 or 1')
     WHERE NEW.used IS NULL OR NEW.used NOT IN (0, 1);

    SELECT RAISE(ABORT, 'the interval of a segment is locked; nothing was changed. Who holds it: SELECT * FROM locks')
     WHERE EXISTS (
        SELECT 1 FROM lock AS l
         WHERE l.datasource = OLD.dataSource
           AND l.start_ms < OLD.end_ms AND OLD.start_ms < l.end_ms
           AND (l.expires_ms IS NULL
                OR l.expires_ms > strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)));

    INSERT INTO run (kind, name, logical_ms, started_ms, ended_ms, outcome)
    SELECT 'sql', 'sql', n.ms, n.ms, n.ms, 'done'
      FROM (SELECT strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4) AS ms) AS n
     WHERE NOT EXISTS (SELECT 1 FROM run AS r WHERE r.kind = 'sql' AND r.started_ms = n.ms);

    INSERT INTO step (run_id, number, op)
    SELECT r.id, 1, 'sql'
      FROM run AS r
     WHERE r.kind = 'sql'
       AND r.started_ms = strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
       AND NOT EXISTS (SELECT 1 FROM step AS st WHERE st.run_id = r.id AND st.number = 1);

    -- Not OR IGNORE: the word after UPDATE OR … would take its place.
    INSERT INTO reason (text) SELECT 'sql' WHERE NOT EXISTS (SELECT 1 FROM reason AS re WHERE re.text = 'sql');

    INSERT INTO change (step_id, segment_id, before, after, reason_id)
    SELECT st.id, p.segment_id, OLD.used, NEW.used, (SELECT re.id FROM reason AS re WHERE re.text = 'sql')
      FROM payload AS p
      JOIN run AS r ON r.kind = 'sql'
                   AND r.started_ms = strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
      JOIN step AS st ON st.run_id = r.id AND st.number = 1
     WHERE p.id = OLD.id
    -- Two statements within one millisecond are one run: the first "before" and the last "after" stand.
    ON CONFLICT (step_id, segment_id) DO UPDATE SET after = excluded.after;

    UPDATE segment
       SET used = NEW.used,
           used_updated_ms = strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
     WHERE id = (SELECT p.segment_id FROM payload AS p WHERE p.id = OLD.id);
END;

CREATE TRIGGER druid_segments_no_update
INSTEAD OF UPDATE OF id, dataSource, created_date, start, "end", partitioned, version, payload,
    used_status_last_updated, upgraded_from_segment_id, schema_fingerprint, num_rows,
    indexing_state_fingerprint, start_ms, end_ms ON druid_segments
BEGIN
    SELECT RAISE(ABORT, 'only used can be updated here. Other columns come from Druid: lopper import FILE');
END;

CREATE TRIGGER druid_segments_no_insert INSTEAD OF INSERT ON druid_segments
BEGIN
    SELECT RAISE(ABORT, 'segments are not inserted here. Use: lopper import FILE');
END;

CREATE TRIGGER druid_segments_no_delete INSTEAD OF DELETE ON druid_segments
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: UPDATE druid_segments SET used = 0 WHERE …, then lopper kill DATASOURCE');
END;

-- Nothing reads it there any more.
ALTER TABLE payload DROP COLUMN created_ms;
