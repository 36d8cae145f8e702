-- Puts orphans into the deletion journal, claimed by the worker that goes on to delete them.
-- :wall_ms   the wall clock
-- :worker    who claims
-- :until_ms  when the claim expires
INSERT INTO deletion (segment_id, orphan, state, load_type, file, file_hash, moved_ms, claimed_by, next_try_ms,
                      shard_type, partitioned, payload)
SELECT o.segment_id, 1, 'pending', o.load_type, o.file, o.file_hash, :wall_ms, :worker, :until_ms, '', 0, ''
  FROM temp.orphan AS o;
