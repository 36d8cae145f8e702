-- Types of shard specs that nobody here knows hide nothing; and what the passes have found is known only as long as no
-- segment has changed since.

-- Until now a type that nobody knows was taken for complete by itself, with 0 core partitions, and dim_value_set
-- (Druid 38) among them. Their payloads tell what holds: dim_value_set is numbered; another type tells its place among
-- so many core partitions (partitionNum, and partitions or numCorePartitions), or nothing, which is NULL.
CREATE TABLE reread (segment_id INTEGER PRIMARY KEY, shard_type, partition_num, partitions, cores);

-- Of members that are repeated the last one counts, as for Jackson.
INSERT INTO reread (segment_id, shard_type, partition_num, partitions, cores)
SELECT o.segment_id,
       o.shard_type,
       (SELECT CASE WHEN e.type = 'integer' THEN e.value END FROM json_each(o.spec) AS e
         WHERE e.key = 'partitionNum' ORDER BY e.id DESC LIMIT 1),
       (SELECT CASE WHEN e.type = 'integer' AND e.value >= 0 THEN e.value END FROM json_each(o.spec) AS e
         WHERE e.key = 'partitions' ORDER BY e.id DESC LIMIT 1),
       (SELECT CASE WHEN e.type = 'integer' AND e.value >= 0 THEN e.value END FROM json_each(o.spec) AS e
         WHERE e.key = 'numCorePartitions' ORDER BY e.id DESC LIMIT 1)
  FROM (SELECT r.segment_id, r.shard_type,
               CASE WHEN json_valid(r.payload)
                    THEN (SELECT CASE WHEN e.type = 'object' THEN e.value END FROM json_each(r.payload) AS e
                           WHERE e.key = 'shardSpec' ORDER BY e.id DESC LIMIT 1) END AS spec
          FROM (SELECT s.id AS segment_id, s.shard_type, p.payload
                  FROM segment AS s
                  LEFT JOIN payload AS p ON p.segment_id = s.id
                UNION ALL
                SELECT j.segment_id, j.shard_type, j.payload FROM deletion AS j WHERE j.payload IS NOT NULL) AS r
         WHERE r.shard_type NOT IN ('none', 'tombstone', 'linear', 'numbered', 'hashed', 'single', 'range',
                                    'numbered_overwrite')) AS o;

UPDATE segment
   SET core_partitions = (SELECT CASE WHEN r.shard_type = 'dim_value_set' THEN coalesce(r.partitions, 0)
                                      WHEN r.partition_num IS NULL OR r.partitions <> r.cores THEN NULL
                                      ELSE coalesce(r.partitions, r.cores) END
                            FROM reread AS r WHERE r.segment_id = segment.id)
 WHERE id IN (SELECT r.segment_id FROM reread AS r);

UPDATE deletion
   SET core_partitions = (SELECT CASE WHEN r.shard_type = 'dim_value_set' THEN coalesce(r.partitions, 0)
                                      WHEN r.partition_num IS NULL OR r.partitions <> r.cores THEN NULL
                                      ELSE coalesce(r.partitions, r.cores) END
                            FROM reread AS r WHERE r.segment_id = deletion.segment_id)
 WHERE segment_id IN (SELECT r.segment_id FROM reread AS r);

DROP TABLE reread;

-- 1: a type that nobody here knows and that does not tell its place among core partitions. Its version is never
-- complete, and hides nothing.
ALTER TABLE segment ADD COLUMN is_unknown_type INTEGER GENERATED ALWAYS AS (
    core_partitions IS NULL
    AND shard_type NOT IN ('none', 'tombstone', 'linear', 'numbered', 'hashed', 'single', 'range', 'numbered_overwrite',
                           'dim_value_set')) VIRTUAL;

-- They are few, and are named by every pass.
CREATE INDEX segment_unknown_type ON segment (datasource_id) WHERE is_unknown_type = 1;

-- The "now" of the pass that last looked which segments of the datasource are overshadowed. NULL: none has, or segments
-- have changed since, so that it is unknown.
ALTER TABLE datasource ADD COLUMN overshadowed_as_of_ms INTEGER;

DROP VIEW segments;
DROP VIEW datasources;

CREATE VIEW segments AS
-- A segment, for people.
--   id, datasource, start, end, version  as in `druid_segments`
--   partition_num               Druid's partition number
--   state                       `used` or `unused`
--   size                        bytes, as the payload states them
--   num_rows                    rows, where the cluster records them
--   shard_type                  the type of the shard spec; `none` without one
--   core_partitions             the number of core partitions; NULL where the shard spec states none, and for a type
--                               that lopper does not know
--   load_type                   the type of the load spec; NULL without one
--   file                        where the load spec points: `file:/…`, `s3://…`; NULL where lopper cannot tell
--   used_status_last_updated, upgraded_from_segment_id  as in `druid_segments`
--   overshadowed_by             the segment that hid this one in the last pass of `enforce-rules`; NULL while that is
--                               unknown: before the first pass over the datasource, and once segments of it have
--                               changed
--   killable_at                 when the defaults of `kill` allow its deletion (30 days unused, and ended 90 days
--                               ago); places of deep storage and locks are not considered
--   killable_why_not            why there is no such time: used, never stamped, or no load spec
--   used                        0 or 1
--   start_ms, end_ms            the interval in milliseconds since 1970-01-01T00:00:00Z
--   segment_key                 the number by which the ledger knows the segment
SELECT
    p.id,
    d.name AS datasource,
    t.start,
    t."end",
    s.version,
    s.partition_num,
    CASE s.used WHEN 1 THEN 'used' ELSE 'unused' END AS state,
    s.size,
    p.num_rows,
    s.shard_type,
    s.core_partitions,
    s.load_type,
    p.file,
    t.used_status_last_updated,
    p.upgraded_from_segment_id,
    CASE WHEN d.overshadowed_as_of_ms IS NOT NULL
         THEN (SELECT coalesce(hp.id, hg.id)
                 FROM overshadowed AS o
                 LEFT JOIN payload AS hp ON hp.segment_id = o.by_segment_id
                 LEFT JOIN gone AS hg ON hg.segment_id = o.by_segment_id
                WHERE o.segment_id = s.id) END AS overshadowed_by,
    -- By the defaults of kill: 30 days unused (buffer_period P30D), and 90 days old (duration_to_retain
    -- P90D; a tombstone is exempt). NULL where killable_why_not says why.
    CASE WHEN s.used = 0 AND s.used_updated_ms <> 0 AND s.load_type IS NOT NULL
         THEN strftime('%Y-%m-%dT%H:%M:%SZ',
                  max(s.used_updated_ms + 2592000000,
                      CASE s.shard_type WHEN 'tombstone' THEN s.used_updated_ms
                           ELSE min(s.end_ms, 253402300799999 - 7776000000) + 7776000000 END) / 1000 + 1, 'unixepoch')
         END AS killable_at,
    CASE WHEN s.used = 1 THEN 'used'
         WHEN coalesce(s.used_updated_ms, 0) = 0 THEN 'never stamped: the next kill stamps it'
         WHEN s.load_type IS NULL THEN 'its payload has no loadSpec'
         END AS killable_why_not,
    s.used,
    s.start_ms,
    s.end_ms,
    s.id AS segment_key
FROM segment AS s
JOIN payload AS p ON p.segment_id = s.id
JOIN datasource AS d ON d.id = s.datasource_id
JOIN segment_text AS t ON t.segment_id = s.id;

-- One row a datasource that has segments. Sizes in bytes. overshadowed counts used segments that others hid when a pass
-- of enforce-rules last looked, and is NULL where segments have changed since; killable is by the defaults of kill, as
-- of now.
CREATE VIEW datasources AS
SELECT
    d.name AS datasource,
    n.segments,
    n.used,
    n.segments - n.used AS unused,
    n.used_size,
    n.unused_size,
    n.never_stamped,
    CASE WHEN d.overshadowed_as_of_ms IS NOT NULL THEN n.overshadowed END AS overshadowed,
    n.killable
FROM datasource AS d
JOIN (SELECT s.datasource_id,
             count(*) AS segments,
             sum(s.used) AS used,
             sum(s.size * s.used) AS used_size,
             sum(s.size * (1 - s.used)) AS unused_size,
             sum(s.used = 0 AND coalesce(s.used_updated_ms, 0) = 0) AS never_stamped,
             sum(s.used = 1 AND EXISTS (SELECT 1 FROM overshadowed AS o WHERE o.segment_id = s.id)) AS overshadowed,
             sum(s.used = 0 AND s.load_type IS NOT NULL AND coalesce(s.used_updated_ms, 0) <> 0
                 AND s.used_updated_ms <= strftime('%s', 'now') * 1000 - 2592000000
                 AND (s.end_ms <= strftime('%s', 'now') * 1000 - 7776000000 OR s.shard_type = 'tombstone')) AS killable
        FROM segment AS s
       GROUP BY s.datasource_id) AS n ON n.datasource_id = d.id;

-- The views' refusals went with them.

CREATE TRIGGER segments_no_update INSTEAD OF UPDATE ON segments
BEGIN
    SELECT RAISE(ABORT, 'segments is for reading. Use: UPDATE druid_segments SET used = 0 WHERE …, or lopper mark-unused DATASOURCE');
END;

CREATE TRIGGER segments_no_insert INSTEAD OF INSERT ON segments
BEGIN
    SELECT RAISE(ABORT, 'segments are not inserted here. Use: lopper import FILE');
END;

CREATE TRIGGER segments_no_delete INSTEAD OF DELETE ON segments
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: UPDATE druid_segments SET used = 0 WHERE …, then lopper kill DATASOURCE');
END;

CREATE TRIGGER datasources_no_update INSTEAD OF UPDATE ON datasources
BEGIN
    SELECT RAISE(ABORT, 'datasources counts segments. Use: lopper mark-unused DATASOURCE, or lopper mark-used DATASOURCE');
END;

CREATE TRIGGER datasources_no_insert INSTEAD OF INSERT ON datasources
BEGIN
    SELECT RAISE(ABORT, 'datasources come with their segments. Use: lopper import FILE');
END;

CREATE TRIGGER datasources_no_delete INSTEAD OF DELETE ON datasources
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: lopper mark-unused DATASOURCE --all, then lopper kill DATASOURCE');
END;

-- A mark by plain SQL changes what is overshadowed, too.
CREATE TRIGGER druid_segments_mark_doubts
INSTEAD OF UPDATE OF used ON druid_segments
WHEN OLD.used IS NOT NEW.used
BEGIN
    UPDATE datasource
       SET overshadowed_as_of_ms = NULL
     WHERE name = OLD.dataSource
       AND overshadowed_as_of_ms IS NOT NULL;
END;
