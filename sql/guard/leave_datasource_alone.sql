-- Takes all segments of a datasource out of a step.
-- :step, :datasource  numbers
DELETE FROM change
 WHERE step_id = :step
   AND segment_id IN (SELECT s.id FROM segment AS s WHERE s.datasource_id = :datasource);
