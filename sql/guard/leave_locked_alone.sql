-- Takes out of a step the segments that lie in a locked interval (any kind, not expired).
-- :step     the step
-- :wall_ms  the wall clock
DELETE FROM change
 WHERE step_id = :step
   AND segment_id IN (
        SELECT s.id
          FROM lock AS l
          CROSS JOIN datasource AS d ON d.name = l.datasource
          CROSS JOIN segment AS s ON s.datasource_id = d.id AND s.start_ms < l.end_ms AND s.end_ms > l.start_ms
         WHERE l.expires_ms IS NULL OR l.expires_ms > :wall_ms);
