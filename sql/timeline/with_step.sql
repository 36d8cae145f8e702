-- The segments of a datasource that are used before a step or after it, as far as they overlap [from, to), in the
-- order in which the sweep of the timeline takes them; last, whether each is used before, and after. Segments of more
-- than 32 days stand in an index of their own, so that only those near the interval are read.
-- :datasource         its number
-- :step               the step whose rows say what changes
-- :from_ms, :to_ms    an interval, [from, to); what has zero length at one of its ends belongs to it
SELECT s.id, s.start_ms AS start_ms, s.end_ms AS end_ms, s.version, s.partition_num, s.shard_type, s.core_partitions, s.shard,
       max(coalesce(s.created_ms, 0), coalesce(s.used_updated_ms, 0)),
       s.used,
       coalesce(c.after, s.used)
  FROM segment AS s INDEXED BY segment_interval
  LEFT JOIN change AS c ON c.step_id = :step AND c.segment_id = s.id
 WHERE s.datasource_id = :datasource
   AND s.start_ms BETWEEN max(:from_ms, -9223372034089975808) - 2764800000 AND :to_ms
   AND s.end_ms >= :from_ms
   AND s.end_ms - s.start_ms <= 2764800000
   AND (s.used = 1 OR c.after = 1)
UNION ALL
SELECT s.id, s.start_ms, s.end_ms, s.version, s.partition_num, s.shard_type, s.core_partitions, s.shard,
       max(coalesce(s.created_ms, 0), coalesce(s.used_updated_ms, 0)),
       s.used,
       coalesce(c.after, s.used)
  FROM segment AS s INDEXED BY segment_long
  LEFT JOIN change AS c ON c.step_id = :step AND c.segment_id = s.id
 WHERE s.datasource_id = :datasource
   AND s.start_ms <= :to_ms
   AND s.end_ms >= :from_ms
   AND s.end_ms - s.start_ms > 2764800000
   AND (s.used = 1 OR c.after = 1)
 ORDER BY start_ms, end_ms;
