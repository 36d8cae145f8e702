-- The ledger rows of segments that --replace removes.
-- :step    the step
-- :reason  number of the reason
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, s.id, s.used, NULL, :reason
  FROM temp.batch AS b
  CROSS JOIN segment AS s ON s.id = b.segment_id
 ORDER BY s.id;
