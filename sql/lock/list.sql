-- The locks of one datasource, or all.
-- :datasource  its name, or NULL for every datasource
SELECT l.id, l.datasource, l.start_ms, l.end_ms, l.kind, l.owner, l.created_ms, l.expires_ms
  FROM lock AS l
 WHERE :datasource IS NULL OR l.datasource = :datasource
 ORDER BY l.datasource, l.start_ms, l.id;
