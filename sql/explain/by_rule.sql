-- How many used segments of a datasource each rule decides for (temp.rule_box), and their bytes. Segments of more than 32
-- days stand in an index of their own, so that of the others only those near a box's ends are read.
-- :datasource  its number
SELECT b.rule, b.chain, b.effect, b.reason, sum(n.segments),
       CAST(sum(n.size >> 32) * 4294967296 + sum(n.size & 4294967295) AS INTEGER)
  FROM temp.rule_box AS b
  CROSS JOIN (SELECT x.box, count(s.id) AS segments,
                     CAST(coalesce(sum(s.size >> 32) * 4294967296 + sum(s.size & 4294967295), 0) AS INTEGER) AS size
                FROM temp.rule_box AS x
                LEFT JOIN segment AS s INDEXED BY segment_interval
                       ON s.datasource_id = x.datasource_id
                      AND s.start_ms BETWEEN max(x.start_min, max(x.end_min, -9223372034089975808) - 2764800000) AND x.start_max
                      AND s.end_ms BETWEEN x.end_min AND x.end_max
                      AND s.end_ms - s.start_ms <= 2764800000
                      AND s.used = 1
               WHERE x.datasource_id = :datasource
               GROUP BY x.box
              UNION ALL
              SELECT x.box, count(s.id), CAST(sum(s.size >> 32) * 4294967296 + sum(s.size & 4294967295) AS INTEGER)
                FROM temp.rule_box AS x
                CROSS JOIN segment AS s INDEXED BY segment_long
                        ON s.datasource_id = x.datasource_id
                       AND s.start_ms BETWEEN x.start_min AND x.start_max
                       AND s.end_ms BETWEEN x.end_min AND x.end_max
                       AND s.end_ms - s.start_ms > 2764800000
                       AND s.used = 1
               WHERE x.datasource_id = :datasource
               GROUP BY x.box) AS n
 WHERE b.datasource_id = :datasource
   AND n.box = b.box
 GROUP BY b.rule, b.chain, b.effect, b.reason
 ORDER BY min(b.box);
