-- The ledger rows of temp.batch: from gone to unused.
-- :step    the step
-- :reason  number of the reason
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, b.segment_id, NULL, 0, :reason FROM temp.batch AS b ORDER BY b.segment_id;
