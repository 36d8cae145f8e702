-- The locks that overlap a segment, not expired.
-- :datasource           its name
-- :start_ms, :end_ms    its interval
-- :wall_ms              the wall clock
-- :limit                how many at most
SELECT l.kind, l.owner, l.start_ms, l.end_ms, l.expires_ms
  FROM lock AS l
 WHERE l.datasource = :datasource
   AND l.start_ms < :end_ms AND :start_ms < l.end_ms
   AND (l.expires_ms IS NULL OR l.expires_ms > :wall_ms)
 ORDER BY l.expires_ms IS NULL DESC, l.expires_ms DESC
 LIMIT :limit;
