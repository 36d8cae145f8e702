-- What a kill's run, or an id, left in the journal, by what keeps it from coming back: rows that are done, rows that
-- another worker is at, and all.
-- :id        text id, or NULL
-- :run       the kill's run, or NULL
-- :stale_ms  claims that expired later may still be at work
SELECT coalesce(sum(j.state = 'done' AND NOT j.missing), 0),
       coalesce(sum((j.state <> 'done' OR j.missing) AND j.claimed_by IS NOT NULL AND j.next_try_ms > :stale_ms), 0),
       count(*)
  FROM (SELECT g.segment_id FROM gone AS g WHERE g.id = :id
        UNION ALL
        SELECT c.segment_id
          FROM step AS st
          CROSS JOIN change AS c ON c.step_id = st.id
         WHERE st.run_id = :run AND c.after IS NULL) AS meant
  CROSS JOIN deletion AS j ON j.segment_id = meant.segment_id
 WHERE NOT j.orphan;
