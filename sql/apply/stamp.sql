-- First stamp of unused segments that no one ever stamped, so that their buffer starts to run.
-- :datasources  JSON array of datasource numbers
-- :wall_ms      the wall clock
-- :limit        how many at most
UPDATE segment
   SET used_updated_ms = :wall_ms
 WHERE id IN (SELECT s.id
                FROM segment AS s INDEXED BY segment_never_stamped
               WHERE s.used = 0 AND (s.used_updated_ms IS NULL OR s.used_updated_ms = 0)
                 AND s.datasource_id IN (SELECT value FROM json_each(:datasources))
               LIMIT :limit);
