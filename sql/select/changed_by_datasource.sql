-- What a step changes, by datasource: segments and bytes (in two halves, since a sum beyond 64 bits would fail).
-- :step  the step
SELECT d.name, count(*), CAST(sum(s.size >> 32) * 4294967296 + sum(s.size & 4294967295) AS INTEGER)
  FROM change AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE c.step_id = :step
 GROUP BY s.datasource_id
 ORDER BY d.name;
