-- The last change of a segment's state. The ledger has no index by segment, for which every mark would pay: each step
-- from the newest back is asked whether it changed the segment, until one did.
-- :segment  its number
SELECT st.run_id, st.number, st.op, r.kind, r.name, r.started_ms, re.text
  FROM step AS st
  CROSS JOIN change AS c ON c.step_id = st.id AND c.segment_id = :segment
  CROSS JOIN run AS r ON r.id = st.run_id
  CROSS JOIN reason AS re ON re.id = c.reason_id
 ORDER BY st.id DESC
 LIMIT 1;
