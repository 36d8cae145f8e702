-- The segment of a dump's row, if the store has it, and whether the two are the same. What the dump does not
-- have (NULL) is no difference.
-- :id and the columns of segment and payload by their names
SELECT p.segment_id,
       s.datasource_id,
       s.used,
       s.used IS :used
       AND (s.used_updated_ms IS :used_updated_ms OR :used_updated_ms IS NULL)
       AND (s.created_ms IS :created_ms OR :created_ms IS NULL)
       AND (p.partitioned IS :partitioned OR :partitioned IS NULL)
       AND (p.payload IS :payload OR :payload IS NULL)
       AND (p.upgraded_from_segment_id IS :upgraded_from_segment_id OR :upgraded_from_segment_id IS NULL)
       AND (p.schema_fingerprint IS :schema_fingerprint OR :schema_fingerprint IS NULL)
       AND (p.num_rows IS :num_rows OR :num_rows IS NULL)
       AND (p.indexing_state_fingerprint IS :indexing_state_fingerprint OR :indexing_state_fingerprint IS NULL)
  FROM payload AS p
  JOIN segment AS s ON s.id = p.segment_id
 WHERE p.id = :id;
