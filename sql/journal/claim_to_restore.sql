-- Claims rows of the journal that may come back, and names them: open ones, and those that were closed because their
-- file was missing. Left out: what another worker is at, by itself or
-- by another row of the file; what was looked at before in this run (temp.tried).
-- :id        text id, or NULL
-- :run       the kill's run, or NULL
-- :stale_ms  claims that expired later may still be at work
-- :worker    who claims
-- :until_ms  when the claim expires
-- :limit     how many at most
UPDATE deletion
   SET claimed_by = :worker, next_try_ms = :until_ms
 WHERE segment_id IN (
        SELECT j.segment_id
          FROM (SELECT g.segment_id FROM gone AS g WHERE g.id = :id
                UNION ALL
                SELECT c.segment_id
                  FROM step AS st
                  CROSS JOIN change AS c ON c.step_id = st.id
                 WHERE st.run_id = :run AND c.after IS NULL) AS meant
          CROSS JOIN deletion AS j ON j.segment_id = meant.segment_id
         WHERE (j.state <> 'done' OR j.missing) AND NOT j.orphan
           AND NOT EXISTS (SELECT 1 FROM temp.tried AS t WHERE t.segment_id = j.segment_id)
           AND (j.claimed_by IS NULL OR j.next_try_ms <= :stale_ms)
           AND NOT EXISTS (SELECT 1 FROM deletion AS twin
                            WHERE coalesce(twin.located, twin.file) = coalesce(j.located, j.file)
                              AND twin.state <> 'done'
                              AND twin.claimed_by IS NOT NULL AND twin.claimed_by <> :worker
                              AND twin.next_try_ms > :stale_ms)
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
