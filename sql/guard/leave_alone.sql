-- Takes one segment out of a step.
-- :step, :segment  numbers
DELETE FROM change WHERE step_id = :step AND segment_id = :segment;
