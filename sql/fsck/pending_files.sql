-- Files that are to go and have not gone. Reads the open rows of the journal by deletion_open.
-- The term with 'done' is for the partial index, which does not follow from 'pending'.
SELECT coalesce(g.id, 'segment ' || j.segment_id) || ': '
       || CASE j.attempts WHEN 0 THEN 'never tried' WHEN 1 THEN 'tried once' ELSE 'tried ' || j.attempts || ' times' END
       || coalesce(', last error: ' || j.last_error, '')
  FROM deletion AS j INDEXED BY deletion_open
  LEFT JOIN gone AS g ON g.segment_id = j.segment_id
 WHERE j.state = 'pending' AND j.state <> 'done';
