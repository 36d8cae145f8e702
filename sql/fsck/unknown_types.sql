-- Segments of shard spec types that nobody here knows, and that do not tell their place among core partitions.
SELECT coalesce(p.id, 'segment ' || s.id) || ': ' || s.shard_type
  FROM segment AS s INDEXED BY segment_unknown_type
  LEFT JOIN payload AS p ON p.segment_id = s.id
 WHERE s.is_unknown_type = 1;
