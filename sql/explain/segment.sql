-- One segment by its text id.
-- :id  the id
SELECT s.id, d.id, d.name, s.start_ms, s.end_ms, s.version, s.partition_num, s.used, s.used_updated_ms, s.created_ms,
       s.size, p.num_rows, s.shard_type, s.core_partitions, s.load_type, p.file
  FROM payload AS p
  CROSS JOIN segment AS s ON s.id = p.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE p.id = :id;
