-- Changes of segments that are neither there nor among those that are gone. Reads change once, and looks each up.
SELECT 'segment ' || c.segment_id || ', changed by step ' || st.number || ' of run ' || st.run_id
  FROM change AS c
  LEFT JOIN step AS st ON st.id = c.step_id
 WHERE NOT EXISTS (SELECT 1 FROM segment AS s WHERE s.id = c.segment_id)
   AND NOT EXISTS (SELECT 1 FROM gone AS g WHERE g.segment_id = c.segment_id);
