-- The used segments of a datasource, in the order in which the sweep of the timeline takes them. What the sweep
-- does (which version is the highest that covers an instant, at every instant) needs one walk with memory; in SQL it
-- would be a join of the datasource with itself.
-- :datasource  its number
SELECT s.id, s.start_ms, s.end_ms, s.version, s.partition_num, s.shard_type, s.core_partitions, s.shard,
       max(coalesce(s.created_ms, 0), coalesce(s.used_updated_ms, 0))
  FROM segment AS s INDEXED BY segment_interval
 WHERE s.datasource_id = :datasource
   AND s.used = 1
 ORDER BY s.start_ms, s.end_ms;
