-- How many used segments of a datasource each rule decides for (temp.rule_box), and their bytes.
-- :datasource  its number
SELECT b.rule, b.chain, b.effect, b.reason, count(s.id), coalesce(sum(s.size), 0)
  FROM temp.rule_box AS b
  LEFT JOIN segment AS s INDEXED BY segment_interval
         ON s.datasource_id = b.datasource_id
        AND s.start_ms BETWEEN b.start_min AND b.start_max
        AND s.end_ms BETWEEN b.end_min AND b.end_max
        AND s.used = 1
 WHERE b.datasource_id = :datasource
 GROUP BY b.rule, b.chain, b.effect, b.reason
 ORDER BY min(b.box);
