-- The payload of a segment that was not there.
INSERT INTO payload (segment_id, id, partitioned, file, file_hash, upgraded_from_segment_id,
                     schema_fingerprint, num_rows, indexing_state_fingerprint, payload)
VALUES (:segment, :id, coalesce(:partitioned, 1), :file, :file_hash, :upgraded_from_segment_id,
        :schema_fingerprint, :num_rows, :indexing_state_fingerprint, :payload);
