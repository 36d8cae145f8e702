-- What a step changes, by datasource and reason: segments, bytes, and from when to when. All that is overshadowed
-- is one reason here. Bytes are added in two halves, since a sum beyond 64 bits would fail. Grouped by numbers first: sorting a million texts would take twice as long.
-- :step  the step
SELECT g.datasource_id, d.name,
       CASE WHEN r.text GLOB 'overshadowed by *' THEN 'overshadowed' ELSE r.text END AS reason,
       sum(g.segments), CAST(sum(g.high) * 4294967296 + sum(g.low) AS INTEGER), min(g.from_ms), max(g.to_ms)
  FROM (SELECT s.datasource_id, c.reason_id,
               count(*) AS segments, sum(s.size >> 32) AS high, sum(s.size & 4294967295) AS low, min(s.start_ms) AS from_ms, max(s.end_ms) AS to_ms
          FROM change AS c
          CROSS JOIN segment AS s ON s.id = c.segment_id
         WHERE c.step_id = :step
         GROUP BY s.datasource_id, c.reason_id) AS g
  JOIN reason AS r ON r.id = g.reason_id
  JOIN datasource AS d ON d.id = g.datasource_id
 GROUP BY g.datasource_id, 3
 ORDER BY d.name, 3;
