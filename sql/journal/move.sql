-- Moves a batch into the deletion journal: all that is needed to delete its files, and to restore its rows. Each row is
-- claimed by the worker that moves it, which goes on to delete the file; a tombstone has no file, and is done.
-- :wall_ms   the wall clock
-- :worker    who claims
-- :until_ms  when the claim expires
INSERT INTO deletion (segment_id, state, load_type, file, file_hash, real_file, located, upgraded_from_segment_id, moved_ms, closed_ms,
                      claimed_by, next_try_ms, used_updated_ms, shard_type, core_partitions, shard, created_ms,
                      partitioned, schema_fingerprint, num_rows, indexing_state_fingerprint, payload)
SELECT s.id, iif(s.load_type IS 'tombstone', 'done', 'pending'), s.load_type, p.file, p.file_hash, v.real_file, v.located,
       p.upgraded_from_segment_id, :wall_ms, iif(s.load_type IS 'tombstone', :wall_ms, NULL),
       iif(s.load_type IS 'tombstone', NULL, :worker), iif(s.load_type IS 'tombstone', 0, :until_ms),
       s.used_updated_ms, s.shard_type, s.core_partitions, s.shard, s.created_ms, p.partitioned,
       p.schema_fingerprint, p.num_rows, p.indexing_state_fingerprint,
       iif(s.load_type IS 'tombstone', NULL, p.payload)
  FROM temp.batch AS b
  CROSS JOIN segment AS s ON s.id = b.segment_id
  CROSS JOIN payload AS p ON p.segment_id = s.id
  LEFT JOIN temp.surveyed AS v ON v.segment_id = s.id;
