-- Which of a step's segments lies in a locked interval (any kind, not expired), and whose lock it is. temp.locked tells
-- it of each segment with one look; the locks themselves are read for the first one that is locked.
-- :step     the step
-- :wall_ms  the wall clock
SELECT l.id, l.datasource, l.start_ms, l.end_ms, l.kind, l.owner, l.created_ms, l.expires_ms, p.id
  FROM change AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN payload AS p ON p.segment_id = s.id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
  CROSS JOIN lock AS l ON l.datasource = d.name AND l.start_ms < s.end_ms AND l.end_ms > s.start_ms
 WHERE c.step_id = :step
   AND EXISTS (SELECT 1 FROM temp.locked)
   AND coalesce((SELECT r.end_ms FROM temp.locked AS r
                  WHERE r.datasource_id = s.datasource_id AND r.start_ms < s.end_ms
                  ORDER BY r.start_ms DESC
                  LIMIT 1) > s.start_ms, 0)
   AND (l.expires_ms IS NULL OR l.expires_ms > :wall_ms)
 LIMIT 1;
