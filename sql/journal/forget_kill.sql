-- Takes the segments of temp.batch, which return to the segment table, out of the ledger of the step that would have
-- killed them.
-- :step  the step
DELETE FROM change
 WHERE step_id = :step AND segment_id IN (SELECT b.segment_id FROM temp.batch AS b);
