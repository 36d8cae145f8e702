-- The latest run that changed a segment by itself: what an import brought came from the cluster.
SELECT max(st.run_id)
  FROM step AS st
 WHERE st.op <> 'import'
   AND EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = st.id);
