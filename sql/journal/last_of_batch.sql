-- The row of temp.batch that comes last by file_hash and segment number, if there is one.
SELECT j.file_hash, j.segment_id
  FROM temp.batch AS b
  CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
 ORDER BY j.file_hash DESC, j.segment_id DESC
 LIMIT 1;
