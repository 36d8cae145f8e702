-- How many changes a run makes: compared with max_segments.
-- :run  the run
SELECT count(*)
  FROM step AS st
  CROSS JOIN change AS c ON c.step_id = st.id
 WHERE st.run_id = :run;
