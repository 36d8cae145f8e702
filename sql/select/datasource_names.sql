-- The names of all datasources that have segments, for "did you mean".
SELECT d.name
  FROM datasource AS d
 WHERE EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id);
