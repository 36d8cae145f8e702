-- The segments of a datasource that overlap an interval, in order of time, version and partition.
-- :datasource        its number
-- :from_ms, :to_ms   the interval, [from, to)
SELECT s.id, s.start_ms, s.end_ms, s.version, s.used, s.used_updated_ms, s.size, s.shard_type = 'tombstone'
  FROM segment AS s INDEXED BY segment_interval
 WHERE s.datasource_id = :datasource
   AND s.start_ms < :to_ms AND s.end_ms > :from_ms
 ORDER BY s.start_ms, s.end_ms, s.version, s.used, s.partition_num;
