-- The files of the journal rows in temp.batch.
SELECT j.segment_id, j.load_type, j.file, j.real_file, j.located
  FROM temp.batch AS b
  CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
 WHERE j.file IS NOT NULL;
