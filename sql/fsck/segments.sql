-- Every segment with its payload, for the comparison of the two. It takes Rust: intervals are Joda's, of repeated keys
-- the last one counts, and files are compared in their normal form. Reads segment and payload once, in the order of
-- both, and keeps nothing.
SELECT p.id, p.payload, d.name, s.start_ms, s.end_ms, s.version, s.partition_num, s.size, s.shard_type,
       s.core_partitions, s.shard, s.load_type, p.file, p.file_hash
  FROM segment AS s
  CROSS JOIN payload AS p ON p.segment_id = s.id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id;
