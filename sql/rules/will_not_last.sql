-- Segments that a step marks used although a drop rule decides for them, or no rule at all: id and the rule.
-- :step   the step
-- :limit  how many at most
SELECT p.id, b.reason
  FROM change AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN temp.rule_box AS b
          ON b.datasource_id = s.datasource_id
         AND s.start_ms BETWEEN b.start_min AND b.start_max
         AND s.end_ms BETWEEN b.end_min AND b.end_max
  CROSS JOIN payload AS p ON p.segment_id = s.id
 WHERE c.step_id = :step
   AND b.effect IN ('drop', 'none')
 LIMIT :limit;
