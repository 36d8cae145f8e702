-- A segment that is no longer there, by its text id: what is known of it, which step removed it, and what became of its
-- file. One that was killed, taken back and killed again has its last end here.
-- :id  the id
SELECT g.segment_id, d.name, g.start_ms, g.end_ms, g.version, g.partition_num, g.size, g.how,
       st.run_id, st.number, st.op, r.kind, r.name, r.started_ms, re.text,
       j.state, j.file, j.attempts, j.last_error, j.moved_ms, j.closed_ms, j.load_type
  FROM gone AS g
  CROSS JOIN datasource AS d ON d.id = g.datasource_id
  CROSS JOIN step AS st ON st.id = g.step_id
  CROSS JOIN run AS r ON r.id = st.run_id
  LEFT JOIN change AS c ON c.step_id = g.step_id AND c.segment_id = g.segment_id
  LEFT JOIN reason AS re ON re.id = c.reason_id
  LEFT JOIN deletion AS j ON j.segment_id = g.segment_id
 WHERE g.id = :id
 ORDER BY g.segment_id DESC
 LIMIT 1;
