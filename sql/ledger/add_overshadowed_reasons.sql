-- The reasons that select/overshadowed.sql gives: one for each segment that hides others.
-- :settled_before_ms  as there
INSERT INTO reason (text)
SELECT DISTINCT 'overshadowed by ' || p.id
  FROM temp.hidden AS h
  CROSS JOIN payload AS p ON p.segment_id = h.by_segment_id
 WHERE h.youngest_ms < :settled_before_ms
ON CONFLICT (text) DO NOTHING;
