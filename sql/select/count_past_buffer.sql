-- How many segments past_buffer.sql has.
-- :step          the step
-- :unused_by_ms  unused since then or longer (now - buffer_period)
SELECT count(*)
  FROM change AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
 WHERE c.step_id = :step
   AND s.used = 0 AND s.load_type IS NOT NULL
   AND s.used_updated_ms <> 0 AND s.used_updated_ms <= :unused_by_ms;
