-- Files that are to go although a segment still names them. Reads the open rows of the journal by deletion_open, and
-- looks each file up by payload_file: one segment is enough.
-- The term with 'done' is for the partial index, which does not follow from 'pending'.
SELECT coalesce(g.id, 'segment ' || j.segment_id) || ': ' || j.file || ' is also the file of '''
       || (SELECT p.id FROM payload AS p WHERE p.file_hash = j.file_hash AND p.file = j.file LIMIT 1) || ''''
  FROM deletion AS j INDEXED BY deletion_open
  LEFT JOIN gone AS g ON g.segment_id = j.segment_id
 WHERE j.state = 'pending' AND j.state <> 'done'
   AND EXISTS (SELECT 1 FROM payload AS p WHERE p.file_hash = j.file_hash AND p.file = j.file);
