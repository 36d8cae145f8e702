-- What is left of a listing, by datasource: files that nothing names and that are old enough.
-- :before_ms  only files that were last written before
SELECT l.datasource, EXISTS (SELECT 1 FROM datasource AS d WHERE d.name = l.datasource), count(*), sum(l.size)
  FROM temp.listed AS l
 WHERE l.modified_ms < :before_ms
 GROUP BY l.datasource
 ORDER BY l.datasource IS NULL, l.datasource;
