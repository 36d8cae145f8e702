-- What the passes of enforce-rules have found, in the views.

DROP VIEW segments;
DROP VIEW datasources;

-- One row a segment, readable. segment_key is the number that the ledger uses;
-- overshadowed_by is what hid the segment when a pass of enforce-rules last looked at it.
CREATE VIEW segments AS
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
    (SELECT coalesce(hp.id, hg.id)
       FROM overshadowed AS o
       LEFT JOIN payload AS hp ON hp.segment_id = o.by_segment_id
       LEFT JOIN gone AS hg ON hg.segment_id = o.by_segment_id
      WHERE o.segment_id = s.id) AS overshadowed_by,
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
-- of enforce-rules last looked; killable is by the defaults of kill, as of now.
CREATE VIEW datasources AS
SELECT
    d.name AS datasource,
    n.segments,
    n.used,
    n.segments - n.used AS unused,
    n.used_size,
    n.unused_size,
    n.never_stamped,
    n.overshadowed,
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

CREATE VIEW rule_matches AS
-- A segment and the rule that decides for it, by the chain and the time of the last `enforce-rules` over its
-- datasource. Empty before the first.
--   id, datasource, state  the segment, as in `segments`
--   rule                   the number of the rule in its chain, from 1; NULL: no rule applies, and the segment stays
--                          as it is
--   chain                  whose chain that is: the datasource, or `_default`
--   effect                 `load`, `broadcast`, `drop` or `none`
--   reason                 as the ledger records it: `rule 3 dropBeforeByPeriod P90D (_default)`
--   as_of                  the logical time of that pass
--   start_ms, end_ms       the interval in milliseconds since 1970-01-01T00:00:00Z
--   segment_key            the number by which the ledger knows the segment
SELECT
    p.id,
    d.name AS datasource,
    CASE s.used WHEN 1 THEN 'used' ELSE 'unused' END AS state,
    b.rule,
    b.chain,
    b.effect,
    b.reason,
    strftime('%Y-%m-%dT%H:%M:%S.', (b.logical_ms - (b.logical_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
        || substr('00' || ((b.logical_ms % 1000 + 1000) % 1000), -3) || 'Z' AS as_of,
    s.start_ms,
    s.end_ms,
    s.id AS segment_key
FROM segment AS s
JOIN payload AS p ON p.segment_id = s.id
JOIN datasource AS d ON d.id = s.datasource_id
JOIN rule_box AS b ON b.datasource_id = s.datasource_id
                  AND s.start_ms BETWEEN b.start_min AND b.start_max
                  AND s.end_ms BETWEEN b.end_min AND b.end_max;

-- The views' refusals went with them; those of rule_matches are new.

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

CREATE TRIGGER rule_matches_no_update INSTEAD OF UPDATE ON rule_matches
BEGIN
    SELECT RAISE(ABORT, 'rule_matches is what the last pass found, for reading. Use: lopper rules set DATASOURCE, then lopper enforce-rules DATASOURCE');
END;

CREATE TRIGGER rule_matches_no_insert INSTEAD OF INSERT ON rule_matches
BEGIN
    SELECT RAISE(ABORT, 'rule_matches is what the last pass found, for reading. Use: lopper rules set DATASOURCE, then lopper enforce-rules DATASOURCE');
END;

CREATE TRIGGER rule_matches_no_delete INSTEAD OF DELETE ON rule_matches
BEGIN
    SELECT RAISE(ABORT, 'rule_matches is what the last pass found, for reading. Use: lopper rules set DATASOURCE, then lopper enforce-rules DATASOURCE');
END;
