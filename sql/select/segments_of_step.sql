-- The segments that a step on few segments changes.
-- :step  the step
SELECT c.segment_id FROM change AS c WHERE c.step_id = :step;
