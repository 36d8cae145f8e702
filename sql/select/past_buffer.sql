-- Segments that a step marks used and that have been unused for longer than the buffer of a kill: id, and since when.
-- :step          the step
-- :unused_by_ms  unused since then or longer (now - buffer_period)
-- :limit         how many at most
SELECT p.id, s.used_updated_ms
  FROM change AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN payload AS p ON p.segment_id = s.id
 WHERE c.step_id = :step
   AND s.used = 0 AND s.load_type IS NOT NULL
   AND s.used_updated_ms <> 0 AND s.used_updated_ms <= :unused_by_ms
 LIMIT :limit;
