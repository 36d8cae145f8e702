-- Segments whose state is not the one that the last change of them in the ledger gave them. Reads change once and sorts
-- it by segment, on disk if need be; looks each segment up.
SELECT coalesce(p.id, 'segment ' || s.id) || ': is ' || CASE s.used WHEN 1 THEN 'used' ELSE 'unused' END || ', by run '
       || coalesce(st.run_id, '?') || ' it is ' || CASE c.after WHEN 1 THEN 'used' WHEN 0 THEN 'unused' ELSE 'gone' END
  -- With max() alone, SQLite takes the other columns from the row that has the maximum.
  FROM (SELECT h.segment_id, h.after, max(h.step_id) AS step_id FROM change AS h GROUP BY h.segment_id) AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  LEFT JOIN payload AS p ON p.segment_id = s.id
  LEFT JOIN step AS st ON st.id = c.step_id
 WHERE s.used IS NOT c.after;
