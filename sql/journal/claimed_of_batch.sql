-- The files of temp.batch that this worker has claimed.
-- :worker  who claims
SELECT j.segment_id, j.load_type, j.file, d.name, j.orphan,
       -- of any row of the file: one attempt is for all of them
       j.begun OR EXISTS (SELECT 1 FROM deletion AS other
                           WHERE coalesce(other.located, other.file) = coalesce(j.located, j.file)
                             AND other.begun AND other.state <> 'done'),
       coalesce(j.located, j.file)
  FROM temp.batch AS b
  CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
  CROSS JOIN gone AS g ON g.segment_id = j.segment_id
  CROSS JOIN datasource AS d ON d.id = g.datasource_id
 WHERE j.state = 'pending' AND j.claimed_by = :worker;
