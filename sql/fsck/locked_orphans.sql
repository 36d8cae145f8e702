-- How many files of a listing lie in intervals that someone has locked.
-- :wall_ms  the wall clock
SELECT count(*)
  FROM temp.listed AS l
 WHERE EXISTS (SELECT 1
                 FROM lock_span AS v
                 CROSS JOIN lock AS k
                         ON k.datasource = l.datasource AND k.digits = v.digits
                        AND k.start_ms > l.start_ms - v.below_ms AND k.start_ms < l.end_ms
                WHERE l.start_ms < k.end_ms
                  AND (k.expires_ms IS NULL OR k.expires_ms > :wall_ms));
