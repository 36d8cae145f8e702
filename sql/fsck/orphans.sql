-- What is left of a listing, by datasource: whether the store ever had a segment of it (an orphan has a number below
-- zero), how many files that nothing names and that are old enough, and their bytes.
-- :before_ms  only files that were last written before
SELECT l.datasource,
       l.datasource IS NOT NULL
       AND l.datasource IN (
                       SELECT d.name
                         FROM datasource AS d
                        WHERE EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)
                           OR EXISTS (SELECT 1 FROM gone AS g WHERE g.datasource_id = d.id AND g.segment_id > 0)),
       count(*), sum(l.size)
  FROM temp.listed AS l
 WHERE l.modified_ms < :before_ms
 GROUP BY l.datasource
 ORDER BY l.datasource IS NULL, l.datasource;
