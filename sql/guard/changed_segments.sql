-- How many changes a run makes: compared with max_segments. What an import brings is the dump's word and does
-- not count.
-- :run  the run
SELECT count(*)
  FROM step AS st
  CROSS JOIN change AS c ON c.step_id = st.id
 WHERE st.run_id = :run AND st.op <> 'import';
