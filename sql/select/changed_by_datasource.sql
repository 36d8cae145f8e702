-- What a step changes, by datasource: segments and bytes.
-- :step  the step
SELECT d.name, count(*), sum(s.size)
  FROM change AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE c.step_id = :step
 GROUP BY s.datasource_id
 ORDER BY d.name;
