-- The latest run that changed a segment.
SELECT max(st.run_id) FROM step AS st WHERE EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = st.id);
