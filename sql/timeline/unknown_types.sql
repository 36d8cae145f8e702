-- Segments of shard spec types that nobody here knows, and that do not tell their place: their versions hide nothing.
-- Those that are used, and those that the step changes; by datasource and type, with an example.
-- :datasources  JSON array of datasource numbers
-- :step         the step
SELECT d.name, s.shard_type, count(*), min(p.id)
  FROM segment AS s INDEXED BY segment_unknown_type
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
  CROSS JOIN payload AS p ON p.segment_id = s.id
 WHERE s.is_unknown_type = 1
   AND s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND (s.used = 1 OR EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = :step AND c.segment_id = s.id))
 GROUP BY d.name, s.shard_type
 ORDER BY d.name, s.shard_type;
