-- The files that are to go now: one row a file, whatever number of journal rows name it.
-- Files that were tried and refused in this run (temp.tried) wait for the next.
-- The terms with 'done' are for the partial indexes, which do not follow from 'pending'.
-- :limit  how many at most
SELECT j.segment_id, j.load_type, j.file, d.name
  FROM deletion AS j INDEXED BY deletion_open
  CROSS JOIN gone AS g ON g.segment_id = j.segment_id
  CROSS JOIN datasource AS d ON d.id = g.datasource_id
 WHERE j.state = 'pending' AND j.state <> 'done'
   AND NOT EXISTS (SELECT 1 FROM temp.tried AS t WHERE t.segment_id = j.segment_id)
   AND NOT EXISTS (SELECT 1 FROM deletion AS earlier
                    WHERE earlier.file_hash = j.file_hash AND earlier.file = j.file
                      AND earlier.state = 'pending' AND earlier.state <> 'done'
                      AND earlier.segment_id < j.segment_id)
 ORDER BY j.segment_id
 LIMIT :limit;
