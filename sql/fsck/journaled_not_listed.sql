-- Files of open rows of the journal that a listing has not found by their names. Reads what is open.
SELECT j.load_type, j.file
  FROM deletion AS j INDEXED BY deletion_open
 WHERE j.state <> 'done' AND j.file IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM temp.listed AS l WHERE l.file = j.file);
