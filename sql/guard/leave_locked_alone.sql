-- Takes out of a step the segments that lie in a locked interval (any kind, not expired): of those in temp.locked, which
-- do not overlap, the last that begins before the segment's end tells. Where nothing is locked, nothing is looked up.
-- :step     the step
DELETE FROM change
 WHERE step_id = :step
   AND EXISTS (SELECT 1 FROM temp.locked)
   AND coalesce((SELECT l.end_ms > s.start_ms
                   FROM segment AS s
                   CROSS JOIN temp.locked AS l ON l.datasource_id = s.datasource_id AND l.start_ms < s.end_ms
                  WHERE s.id = change.segment_id
                  ORDER BY l.start_ms DESC
                  LIMIT 1), 0);
