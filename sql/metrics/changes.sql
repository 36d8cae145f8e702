-- What runs that have ended changed, by job ('' for one-off commands and plain SQL) and operation: segments, and their
-- bytes where they were killed. Of a run that died, and of plain SQL, nobody wrote down the sum.
-- :after  runs behind this one …
-- :upto   … and not behind that one
SELECT iif(r.kind = 'job', r.name, '') AS job, st.op,
       sum(coalesce(st.changed, (SELECT count(*) FROM change AS c WHERE c.step_id = st.id))),
       sum(iif(st.op = 'kill',
               coalesce(st.changed_bytes,
                        (SELECT sum(g.size) FROM change AS c CROSS JOIN gone AS g ON g.segment_id = c.segment_id
                          WHERE c.step_id = st.id), 0), 0))
  FROM run AS r
  CROSS JOIN step AS st ON st.run_id = r.id
 WHERE r.id > :after AND r.id <= :upto AND r.outcome <> 'running'
 GROUP BY job, st.op;
