-- What a batch comes to, by datasource: segments and bytes.
SELECT d.name, count(*), sum(s.size)
  FROM temp.batch AS b
  CROSS JOIN segment AS s ON s.id = b.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 GROUP BY d.name
 ORDER BY d.name;
