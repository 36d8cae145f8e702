-- What a pass changes, by datasource and reason: segments, bytes, and from when to when. All that is overshadowed
-- is one reason here.
-- :step  the step
SELECT s.datasource_id, d.name,
       CASE WHEN r.text GLOB 'overshadowed by *' THEN 'overshadowed' ELSE r.text END,
       count(*), sum(s.size), min(s.start_ms), max(s.end_ms)
  FROM change AS c
  CROSS JOIN reason AS r ON r.id = c.reason_id
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE c.step_id = :step
 GROUP BY 1, 3
 ORDER BY 2, 3;
