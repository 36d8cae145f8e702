-- What a run changed in the end, segment by segment: the state before its first change and after its last.
-- What has been changed again since then is left out. Rows that are gone have after NULL. What an import brought came from the cluster and need not go back there.
-- :run  the run
SELECT coalesce(p.id, g.id), w.before, w.after
  FROM (SELECT c.segment_id,
               max(CASE WHEN c.step_id = w.first THEN c.before END) AS before,
               max(CASE WHEN c.step_id = w.last THEN c.after END) AS after
          FROM (SELECT c.segment_id, min(c.step_id) AS first, max(c.step_id) AS last
                  FROM step AS st
                  CROSS JOIN change AS c ON c.step_id = st.id
                 WHERE st.run_id = :run AND st.op <> 'import'
                 GROUP BY c.segment_id) AS w
          CROSS JOIN change AS c ON c.step_id IN (w.first, w.last) AND c.segment_id = w.segment_id
         GROUP BY c.segment_id) AS w
  LEFT JOIN segment AS s ON s.id = w.segment_id
  LEFT JOIN payload AS p ON p.segment_id = w.segment_id
  LEFT JOIN gone AS g ON g.segment_id = w.segment_id
 WHERE w.before IS NOT w.after
   AND s.used IS w.after
 ORDER BY w.after, w.segment_id;
