-- Which share of its segments a run changes in each datasource: compared with max_percent.
-- Marks are measured against the used segments that the datasource had before the run, kills against all its rows.
-- A share of nothing counts as all of it.
-- :run  the run
WITH mine AS (
    SELECT s.datasource_id,
           count(DISTINCT CASE WHEN c.after IS NOT NULL THEN c.segment_id END) AS marked,
           count(DISTINCT CASE WHEN c.after IS NULL THEN c.segment_id END) AS killed,
           sum(CASE WHEN c.after IS NOT NULL THEN c.before - c.after ELSE 0 END) AS used_lost
      FROM step AS st
      CROSS JOIN change AS c ON c.step_id = st.id
      CROSS JOIN segment AS s ON s.id = c.segment_id
     WHERE st.run_id = :run
     GROUP BY s.datasource_id
), held AS (
    SELECT m.*,
           (SELECT count(*) FROM segment AS s WHERE s.datasource_id = m.datasource_id) AS rows,
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
