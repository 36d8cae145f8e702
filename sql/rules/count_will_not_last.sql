-- How many segments will_not_last.sql has.
-- :step   the step
SELECT count(*)
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
  CROSS JOIN change AS c ON c.step_id = :step AND c.segment_id = f.id;
