-- The payload of a segment that differs from the dump's row; what the dump does not have is kept.
UPDATE payload
   SET partitioned = coalesce(:partitioned, partitioned),
       file = CASE WHEN :payload IS NULL THEN file ELSE :file END,
       file_hash = CASE WHEN :payload IS NULL THEN file_hash ELSE :file_hash END,
       upgraded_from_segment_id = coalesce(:upgraded_from_segment_id, upgraded_from_segment_id),
       schema_fingerprint = coalesce(:schema_fingerprint, schema_fingerprint),
       num_rows = coalesce(:num_rows, num_rows),
       indexing_state_fingerprint = coalesce(:indexing_state_fingerprint, indexing_state_fingerprint),
       payload = coalesce(:payload, payload)
 WHERE segment_id = :segment;
