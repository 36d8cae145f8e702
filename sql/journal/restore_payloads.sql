-- Puts the payloads of temp.batch back, behind restore_segments.sql.
INSERT INTO payload (segment_id, id, partitioned, file, file_hash, upgraded_from_segment_id,
                     schema_fingerprint, num_rows, indexing_state_fingerprint, payload)
SELECT j.segment_id, g.id, j.partitioned, j.file, j.file_hash, j.upgraded_from_segment_id,
       j.schema_fingerprint, j.num_rows, j.indexing_state_fingerprint, j.payload
  FROM temp.batch AS b
  CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
  CROSS JOIN gone AS g ON g.segment_id = j.segment_id;
