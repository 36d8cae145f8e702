-- How many used segments no rule holds for, by datasource, beside those that the step changes. Segments of more than 32
-- days stand in an index of their own, so that of the others only those near a box's ends are read.
-- :step  the step
SELECT d.name, count(*)
  FROM (SELECT s.datasource_id, s.id
          FROM temp.rule_box AS b
          CROSS JOIN segment AS s INDEXED BY segment_interval
                  ON s.datasource_id = b.datasource_id
                 AND s.start_ms BETWEEN max(b.start_min, max(b.end_min, -9223372034089975808) - 2764800000) AND b.start_max
                 AND s.end_ms BETWEEN b.end_min AND b.end_max
                 AND s.end_ms - s.start_ms <= 2764800000
         WHERE b.effect = 'none'
           AND s.used = 1
        UNION ALL
        SELECT s.datasource_id, s.id
          FROM temp.rule_box AS b
          CROSS JOIN segment AS s INDEXED BY segment_long
                  ON s.datasource_id = b.datasource_id
                 AND s.start_ms BETWEEN b.start_min AND b.start_max
                 AND s.end_ms BETWEEN b.end_min AND b.end_max
                 AND s.end_ms - s.start_ms > 2764800000
         WHERE b.effect = 'none'
           AND s.used = 1) AS u
  CROSS JOIN datasource AS d ON d.id = u.datasource_id
 WHERE NOT EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = :step AND c.segment_id = u.id)
 GROUP BY d.name
 ORDER BY d.name;
