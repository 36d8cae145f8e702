-- The first lock of another owner that a new one may not lie beside: it overlaps, has not expired, and the two do not
-- both only read.
-- :datasource         the name
-- :start_ms, :end_ms  the new lock's interval
-- :kind, :owner       of the new lock
-- :wall_ms            the wall clock
SELECT l.id, l.datasource, l.start_ms, l.end_ms, l.kind, l.owner, l.created_ms, l.expires_ms
  FROM lock AS l
 WHERE l.datasource = :datasource
   AND l.start_ms < :end_ms AND :start_ms < l.end_ms
   AND l.owner <> :owner
   AND (l.kind <> 'read' OR :kind <> 'read')
   AND (l.expires_ms IS NULL OR l.expires_ms > :wall_ms)
 ORDER BY l.start_ms, l.id
 LIMIT 1;
