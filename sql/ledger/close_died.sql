-- Closes a run whose process ended without a word. What it had committed stands.
-- :run      the run
-- :wall_ms  the wall clock
UPDATE run
   SET outcome = 'died', ended_ms = :wall_ms,
       message = 'its process' || coalesce(' (' || worker || ')', '') || ' ended without a word; what it had committed stands: '
                 || (SELECT count(*) FROM step AS st CROSS JOIN change AS c ON c.step_id = st.id WHERE st.run_id = run.id)
                 || ' changes'
 WHERE id = :run AND outcome = 'running';
