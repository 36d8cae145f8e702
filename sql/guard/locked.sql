-- Which of a step's segments lie in a locked interval (any kind, not expired), and whose lock it is.
-- :step     the step
-- :wall_ms  the wall clock
SELECT l.id, l.datasource, l.start_ms, l.end_ms, l.kind, l.owner, l.created_ms, l.expires_ms, p.id
  FROM lock AS l
  CROSS JOIN datasource AS d ON d.name = l.datasource
  CROSS JOIN segment AS s ON s.datasource_id = d.id AND s.start_ms < l.end_ms AND s.end_ms > l.start_ms
  CROSS JOIN change AS c ON c.step_id = :step AND c.segment_id = s.id
  CROSS JOIN payload AS p ON p.segment_id = s.id
 WHERE l.expires_ms IS NULL OR l.expires_ms > :wall_ms
 LIMIT 1;
