-- Killed segments whose journal rows are closed and whose files, or something below them, a listing has found and no row
-- names. Reads the journal once, and looks each file up in the listing.
SELECT g.id, j.file, j.missing
  FROM deletion AS j
  CROSS JOIN gone AS g ON g.segment_id = j.segment_id
 WHERE j.state = 'done' AND NOT j.orphan AND j.file IS NOT NULL
   AND (EXISTS (SELECT 1 FROM temp.listed AS l WHERE l.file = j.file)
        OR EXISTS (SELECT 1 FROM temp.listed AS l
                    WHERE l.file > rtrim(j.file, '/') || '/' AND l.file < rtrim(j.file, '/') || '0')); -- '0' follows '/'
