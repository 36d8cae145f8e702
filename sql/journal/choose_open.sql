-- Who is meant: the next open rows of the journal that nobody works on, into temp.batch.
-- :wall_ms             the wall clock
-- :after_hash, :after  where the last batch ended: file_hash and segment number of its last row
-- :limit               how many at most
INSERT INTO temp.batch (segment_id)
SELECT j.segment_id
  FROM deletion AS j INDEXED BY deletion_file
 WHERE j.file_hash IS NOT NULL AND j.state <> 'done'
   AND (j.file_hash, j.segment_id) > (:after_hash, :after)
   AND (j.claimed_by IS NULL OR j.next_try_ms <= :wall_ms)
 ORDER BY j.file_hash, j.segment_id
 LIMIT :limit;
