-- Takes out of a step what the sweep has found hidden (temp.hidden).
-- :step  the step
DELETE FROM change
 WHERE step_id = :step
   AND segment_id IN (SELECT h.segment_id FROM temp.hidden AS h);
