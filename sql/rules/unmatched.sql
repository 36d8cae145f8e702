-- How many used segments no rule holds for, by datasource, beside those that the step changes.
-- :step  the step
SELECT d.name, count(*)
  FROM temp.rule_box AS b
  CROSS JOIN datasource AS d ON d.id = b.datasource_id
  CROSS JOIN segment AS s INDEXED BY segment_interval
          ON s.datasource_id = b.datasource_id
         AND s.start_ms BETWEEN b.start_min AND b.start_max
         AND s.end_ms BETWEEN b.end_min AND b.end_max
 WHERE b.effect = 'none'
   AND s.used = 1
   AND NOT EXISTS (SELECT 1 FROM change AS c WHERE c.step_id = :step AND c.segment_id = s.id)
 GROUP BY d.name
 ORDER BY d.name;
