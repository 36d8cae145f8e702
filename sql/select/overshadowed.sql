-- Who is meant: used segments that the sweep has found hidden (temp.hidden), by segments that servers have had time
-- to load.
-- :step               the step whose rows these become
-- :settled_before_ms  the youngest that hides them must be older (now - overshadow_grace)
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, h.segment_id, 1, 0, r.id
  FROM temp.hidden AS h
  CROSS JOIN payload AS p ON p.segment_id = h.by_segment_id
  CROSS JOIN reason AS r ON r.text = 'overshadowed by ' || p.id
 WHERE h.youngest_ms < :settled_before_ms;
