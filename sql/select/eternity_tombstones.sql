-- Who is meant: tombstones that reach to the start or the end of time, are visible, and overlap no overshadowed
-- segment that stays used: such a one would become visible. What a drop rule decides for is not asked again: it is
-- in the step, or locked and counted. What is not hidden is visible, but beside a numbered_overwrite that waits for
-- the rest of its kind, or a type that nobody knows: next to any such one a tombstone stays.
-- What each tombstone is compared with is found once for all of them: since it reaches to an end of time, the first start
-- and the last end of what stays hidden in its datasource tell whether it overlaps any.
-- :step         the step whose rows these become
-- :reason       number of the reason
-- :datasources  JSON array of datasource numbers
-- :eternity_start_ms, :eternity_end_ms  Druid's eternity
INSERT INTO change (step_id, segment_id, before, after, reason_id)
WITH tombstone AS MATERIALIZED (
    SELECT s.id, s.datasource_id, s.start_ms, s.end_ms, s.version
      FROM segment AS s INDEXED BY segment_tombstone
     WHERE s.shard_type = 'tombstone'
       AND s.datasource_id IN (SELECT value FROM json_each(:datasources))
       AND s.used = 1
       AND coalesce(s.core_partitions, 0) = 0
       AND (s.start_ms = :eternity_start_ms OR s.end_ms = :eternity_end_ms)
       AND NOT EXISTS (SELECT 1 FROM temp.hidden AS h WHERE h.datasource_id = s.datasource_id AND h.segment_id = s.id)
), waiting AS MATERIALIZED (
    SELECT DISTINCT n.datasource_id, n.start_ms, n.end_ms, n.version
      FROM (SELECT DISTINCT t.datasource_id, t.start_ms, t.end_ms FROM tombstone AS t) AS i
      CROSS JOIN segment AS n INDEXED BY segment_interval
              ON n.datasource_id = i.datasource_id AND n.start_ms = i.start_ms AND n.end_ms = i.end_ms
     WHERE n.used = 1
       AND (n.shard_type = 'numbered_overwrite' OR n.is_unknown_type = 1)
), staying AS MATERIALIZED (
    SELECT h.datasource_id,
           min(CASE WHEN o.end_ms > :eternity_start_ms THEN o.start_ms END) AS first_ms,
           max(CASE WHEN o.start_ms < :eternity_end_ms THEN o.end_ms END) AS last_ms
      FROM (SELECT DISTINCT t.datasource_id FROM tombstone AS t) AS d
      CROSS JOIN temp.hidden AS h ON h.datasource_id = d.datasource_id
      CROSS JOIN segment AS o ON o.id = h.segment_id
     WHERE NOT EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = :step AND c.segment_id = o.id)
     GROUP BY h.datasource_id
), dropped AS MATERIALIZED (
    SELECT b.datasource_id, b.start_min, b.start_max, b.end_min, b.end_max
      FROM temp.rule_box AS b
     WHERE b.effect = 'drop'
       AND (b.start_min <= :eternity_start_ms OR b.end_max >= :eternity_end_ms)
)
SELECT :step, t.id, 1, 0, :reason
  FROM tombstone AS t
 WHERE (t.datasource_id, t.start_ms, t.end_ms, t.version)
       NOT IN (SELECT w.datasource_id, w.start_ms, w.end_ms, w.version FROM waiting AS w)
   AND NOT EXISTS (SELECT 1 FROM dropped AS b
                    WHERE b.datasource_id = t.datasource_id
                      AND t.start_ms BETWEEN b.start_min AND b.start_max
                      AND t.end_ms BETWEEN b.end_min AND b.end_max)
   AND NOT EXISTS (SELECT 1 FROM staying AS o
                    WHERE o.datasource_id = t.datasource_id
                      AND ((t.start_ms = :eternity_start_ms AND o.first_ms < t.end_ms)
                           OR (t.end_ms = :eternity_end_ms AND o.last_ms > t.start_ms)));
