-- How many used segments each finding is about. The boxes of one finding share no segment. The join goes from boxes to
-- segments (CROSS keeps it so): by datasource and start through segment_interval, which also has the end.
SELECT b.finding, count(*)
  FROM temp.finding_box AS b
 CROSS JOIN segment AS s
 WHERE s.datasource_id = b.datasource_id
   AND s.start_ms BETWEEN b.start_min AND b.start_max
   AND s.end_ms BETWEEN b.end_min AND b.end_max
   AND s.used = 1
 GROUP BY b.finding;
