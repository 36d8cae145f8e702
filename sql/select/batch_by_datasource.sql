-- What a batch comes to, by datasource: segments and bytes (in two halves, since a sum beyond 64 bits would fail).
SELECT d.name, count(*), CAST(sum(s.size >> 32) * 4294967296 + sum(s.size & 4294967295) AS INTEGER)
  FROM temp.batch AS b
  CROSS JOIN segment AS s ON s.id = b.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 GROUP BY d.name
 ORDER BY d.name;
