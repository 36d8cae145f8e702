-- How many segments will_not_last.sql has.
-- :step   the step
SELECT count(*)
  FROM change AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN temp.rule_box AS b
          ON b.datasource_id = s.datasource_id
         AND s.start_ms BETWEEN b.start_min AND b.start_max
         AND s.end_ms BETWEEN b.end_min AND b.end_max
 WHERE c.step_id = :step
   AND b.effect IN ('drop', 'none');
