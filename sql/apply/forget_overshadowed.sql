-- Forgets what hid segments that are used, since a pass looks at them anew. What hid segments that are unused by now
-- stays, and tells why they are superseded.
-- :datasources  JSON array of datasource numbers
DELETE FROM overshadowed
 WHERE datasource_id IN (SELECT value FROM json_each(:datasources))
   AND EXISTS (SELECT 1 FROM segment AS s WHERE s.id = overshadowed.segment_id AND s.used = 1);
