-- Gives the segments of a step the state that its rows say, and stamps them.
-- :step     the step
-- :used     the state, 0 or 1
-- :wall_ms  the wall clock: used_status_last_updated
UPDATE segment
   SET used = :used,
       used_updated_ms = :wall_ms
 WHERE id IN (SELECT c.segment_id FROM change AS c WHERE c.step_id = :step);
