-- Of which datasource an import with --replace takes out segments of a state that its files tell nothing of, and how many.
-- :told  JSON: [[datasource's number, whether the files tell of used ones, whether of unused ones], …]
WITH told AS (
    SELECT value ->> 0 AS datasource_id, value ->> 1 AS used, value ->> 2 AS unused FROM json_each(:told)
)
SELECT d.name, s.used, count(*) AS segments
  FROM temp.batch AS b
  CROSS JOIN segment AS s ON s.id = b.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE NOT EXISTS (SELECT 1 FROM told AS t
                    WHERE t.datasource_id = s.datasource_id AND CASE WHEN s.used THEN t.used ELSE t.unused END)
 GROUP BY d.id, s.used
 ORDER BY segments DESC, d.name
 LIMIT 1;
