-- How many files of a listing lie in intervals that someone has locked.
-- :wall_ms  the wall clock
SELECT count(*)
  FROM temp.listed AS l
 WHERE EXISTS (SELECT 1 FROM lock AS k
                WHERE k.datasource = l.datasource AND k.start_ms < l.end_ms AND l.start_ms < k.end_ms
                  AND (k.expires_ms IS NULL OR k.expires_ms > :wall_ms));
