-- Which share of its segments a run changes in each datasource: compared with max_percent.
-- Marks are measured against the used segments that the datasource had before the run, kills against all its rows.
-- A share of nothing counts as all of it. What an import brings is the dump's word and no mark: a run that reads
-- a dump is measured against what the dump left.
-- :run  the run
WITH mine AS (
    SELECT coalesce(s.datasource_id, g.datasource_id) AS datasource_id,
           count(DISTINCT CASE WHEN c.after IS NOT NULL THEN c.segment_id END) AS marked,
           count(DISTINCT CASE WHEN c.after IS NULL THEN c.segment_id END) AS killed,
           count(DISTINCT g.segment_id) AS gone,
           sum(CASE WHEN c.after IS NOT NULL THEN c.before - c.after ELSE 0 END) AS used_lost
      FROM step AS st
      CROSS JOIN change AS c ON c.step_id = st.id
      LEFT JOIN segment AS s ON s.id = c.segment_id
      LEFT JOIN gone AS g ON g.segment_id = c.segment_id -- an earlier kill step of the run has moved it
     WHERE st.run_id = :run AND st.op <> 'import'
     GROUP BY 1
), held AS (
    SELECT m.*,
           (SELECT count(*) FROM segment AS s WHERE s.datasource_id = m.datasource_id) + m.gone AS rows,
           (SELECT count(*) FROM segment AS s WHERE s.datasource_id = m.datasource_id AND s.used = 1) + m.used_lost AS used_before
      FROM mine AS m
)
SELECT d.name, h.marked, h.used_before, h.killed, h.rows,
       max(CASE WHEN h.marked = 0 THEN 0.0 WHEN h.used_before = 0 THEN 100.0 ELSE 100.0 * h.marked / h.used_before END,
           CASE WHEN h.killed = 0 THEN 0.0 ELSE 100.0 * h.killed / h.rows END) AS percent
  FROM held AS h
  JOIN datasource AS d ON d.id = h.datasource_id
 ORDER BY percent DESC, d.name
 LIMIT 1;
