-- Who is meant: tombstones that reach to the start or the end of time, are visible, and overlap no overshadowed
-- segment that stays used: such a one would become visible. What a drop rule decides for is not asked again: it is
-- in the step, or locked and counted. What is not hidden is visible, but beside a numbered_overwrite that waits for
-- the rest of its kind, or a type that nobody knows: next to any such one a tombstone stays.
-- :step         the step whose rows these become
-- :reason       number of the reason
-- :datasources  JSON array of datasource numbers
-- :eternity_start_ms, :eternity_end_ms  Druid's eternity
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, s.id, 1, 0, :reason
  FROM segment AS s INDEXED BY segment_tombstone
 WHERE s.shard_type = 'tombstone'
   AND s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND s.used = 1
   AND coalesce(s.core_partitions, 0) = 0
   AND (s.start_ms = :eternity_start_ms OR s.end_ms = :eternity_end_ms)
   AND NOT EXISTS (SELECT 1 FROM temp.hidden AS h WHERE h.datasource_id = s.datasource_id AND h.segment_id = s.id)
   AND NOT EXISTS (SELECT 1 FROM segment AS n
                    WHERE n.datasource_id = s.datasource_id AND n.start_ms = s.start_ms AND n.end_ms = s.end_ms
                      AND n.version = s.version AND n.used = 1
                      AND (n.shard_type = 'numbered_overwrite' OR n.is_unknown_type = 1))
   AND NOT EXISTS (SELECT 1 FROM temp.rule_box AS b
                    WHERE b.datasource_id = s.datasource_id
                      AND b.effect = 'drop'
                      AND s.start_ms BETWEEN b.start_min AND b.start_max
                      AND s.end_ms BETWEEN b.end_min AND b.end_max)
   AND NOT EXISTS (SELECT 1
                     FROM temp.hidden AS h
                     CROSS JOIN segment AS o ON o.id = h.segment_id
                    WHERE h.datasource_id = s.datasource_id
                      AND o.start_ms < s.end_ms AND s.start_ms < o.end_ms
                      AND NOT EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = :step AND c.segment_id = o.id));
