-- How many hidden segments are left alone because what hides them is still young. What a rule drops does not stay.
-- :settled_before_ms  what hides them must be older (now - overshadow_grace)
-- :step               the step
SELECT count(*)
  FROM temp.hidden AS h
 WHERE h.youngest_ms >= :settled_before_ms
   AND NOT EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = :step AND c.segment_id = h.segment_id);
