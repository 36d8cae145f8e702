-- How many used segments each finding is about. The boxes of one finding share no segment. The join goes from boxes to
-- segments (CROSS keeps it so): by datasource and start through segment_interval, which also has the end; segments of
-- more than 32 days stand in an index of their own, so that of the others only those near a box's ends are read.
SELECT f.finding, sum(f.segments)
  FROM (SELECT b.finding, count(*) AS segments
          FROM temp.finding_box AS b
         CROSS JOIN segment AS s INDEXED BY segment_interval
         WHERE s.datasource_id = b.datasource_id
           AND s.start_ms BETWEEN max(b.start_min, max(b.end_min, -9223372034089975808) - 2764800000) AND b.start_max
           AND s.end_ms BETWEEN b.end_min AND b.end_max
           AND s.end_ms - s.start_ms <= 2764800000
           AND s.used = 1
         GROUP BY b.finding
        UNION ALL
        SELECT b.finding, count(*)
          FROM temp.finding_box AS b
         CROSS JOIN segment AS s INDEXED BY segment_long
         WHERE s.datasource_id = b.datasource_id
           AND s.start_ms BETWEEN b.start_min AND b.start_max
           AND s.end_ms BETWEEN b.end_min AND b.end_max
           AND s.end_ms - s.start_ms > 2764800000
           AND s.used = 1
         GROUP BY b.finding) AS f
 GROUP BY f.finding;
