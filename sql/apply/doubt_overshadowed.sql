-- Segments of these datasources have changed: what is overshadowed in them is unknown until a pass looks again.
-- :datasources  JSON array of datasource numbers
UPDATE datasource
   SET overshadowed_as_of_ms = NULL
 WHERE id IN (SELECT value FROM json_each(:datasources))
   AND overshadowed_as_of_ms IS NOT NULL;
