-- Segments that a step marks used although a drop rule decides for them, or no rule at all: id and the rule. As in
-- select/dropped_by_rules.sql, boxes share no segment, and segments of more than 32 days stand in an index of their own.
-- :step   the step
-- :limit  how many at most
SELECT p.id, f.reason
  FROM (SELECT s.id, b.reason
          FROM temp.rule_box AS b
          CROSS JOIN segment AS s INDEXED BY segment_interval
                  ON s.datasource_id = b.datasource_id
                 AND s.start_ms BETWEEN max(b.start_min, max(b.end_min, -9223372034089975808) - 2764800000) AND b.start_max
                 AND s.end_ms BETWEEN b.end_min AND b.end_max
                 AND s.end_ms - s.start_ms <= 2764800000
         WHERE b.effect IN ('drop', 'none')
        UNION ALL
        SELECT s.id, b.reason
          FROM temp.rule_box AS b
          CROSS JOIN segment AS s INDEXED BY segment_long
                  ON s.datasource_id = b.datasource_id
                 AND s.start_ms BETWEEN b.start_min AND b.start_max
                 AND s.end_ms BETWEEN b.end_min AND b.end_max
                 AND s.end_ms - s.start_ms > 2764800000
         WHERE b.effect IN ('drop', 'none')) AS f
  CROSS JOIN change AS c ON c.step_id = :step AND c.segment_id = f.id
  CROSS JOIN payload AS p ON p.segment_id = f.id
 LIMIT :limit;
