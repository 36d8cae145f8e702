-- The datasources in which something hidden stays used: only there can a drop bring older segments to light.
-- :step  the step
SELECT DISTINCT h.datasource_id
  FROM temp.hidden AS h
 WHERE NOT EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = :step AND c.segment_id = h.segment_id);
