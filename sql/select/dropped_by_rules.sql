-- Who is meant: used segments for which a drop rule decides (temp.rule_box: the boxes share no segment). What an
-- earlier pass of the step has taken keeps its reason. Segments of more than 32 days stand in an index of their own, so
-- that of the others only those near a box's ends are read, however early its starts begin.
-- :step  the step whose rows these become
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, s.id, 1, 0, r.id
  FROM temp.rule_box AS b
  CROSS JOIN reason AS r ON r.text = b.reason
  CROSS JOIN segment AS s INDEXED BY segment_interval
          ON s.datasource_id = b.datasource_id
         AND s.start_ms BETWEEN max(b.start_min, max(b.end_min, -9223372034089975808) - 2764800000) AND b.start_max
         AND s.end_ms BETWEEN b.end_min AND b.end_max
         AND s.end_ms - s.start_ms <= 2764800000
 WHERE b.effect = 'drop'
   AND s.used = 1
UNION ALL
SELECT :step, s.id, 1, 0, r.id
  FROM temp.rule_box AS b
  CROSS JOIN reason AS r ON r.text = b.reason
  CROSS JOIN segment AS s INDEXED BY segment_long
          ON s.datasource_id = b.datasource_id
         AND s.start_ms BETWEEN b.start_min AND b.start_max
         AND s.end_ms BETWEEN b.end_min AND b.end_max
         AND s.end_ms - s.start_ms > 2764800000
 WHERE b.effect = 'drop'
   AND s.used = 1
ON CONFLICT (step_id, segment_id) DO NOTHING;
