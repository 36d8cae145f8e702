-- Claims files that are to go now, and names them: one row a file, whatever number of journal rows name it,
-- and by whatever name. Files that
-- were tried in this run (temp.tried) wait for the next, and so do those of which another row is claimed, be it that it
-- is just coming back.
-- The term with 'done' beside 'pending' is for the partial index, which does not follow from it.
-- :wall_ms   the wall clock
-- :all       1: also what was refused and is to be tried later
-- :worker    who claims
-- :until_ms  when the claim expires
-- :limit     how many at most
UPDATE deletion
   SET claimed_by = :worker, next_try_ms = :until_ms
 WHERE segment_id IN (
        SELECT j.segment_id
          FROM deletion AS j INDEXED BY deletion_open
         WHERE j.state = 'pending' AND j.state <> 'done'
           AND (j.next_try_ms <= :wall_ms OR (:all AND j.claimed_by IS NULL))
           AND NOT EXISTS (SELECT 1 FROM temp.tried AS t WHERE t.segment_id = j.segment_id)
           AND NOT EXISTS (SELECT 1 FROM deletion AS twin
                            WHERE coalesce(twin.located, twin.file) = coalesce(j.located, j.file)
                              AND twin.state <> 'done'
                              AND twin.segment_id <> j.segment_id
                              AND ((twin.state = 'pending' AND twin.segment_id < j.segment_id)
                                   OR (twin.claimed_by IS NOT NULL AND twin.next_try_ms > :wall_ms)))
         LIMIT :limit)
RETURNING segment_id, load_type, file,
          (SELECT d.name FROM gone AS g CROSS JOIN datasource AS d ON d.id = g.datasource_id
            WHERE g.segment_id = deletion.segment_id),
          orphan,
          -- of any row of the file: one attempt is for all of them
          begun OR EXISTS (SELECT 1 FROM deletion AS other
                            WHERE coalesce(other.located, other.file) = coalesce(deletion.located, deletion.file)
                              AND other.begun AND other.state <> 'done'),
          coalesce(located, file);
