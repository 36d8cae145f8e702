-- The ledger rows of a batch: from unused to gone.
-- :step    the step
-- :reason  number of the reason
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, b.segment_id, 0, NULL, :reason FROM temp.batch AS b ORDER BY b.segment_id;
