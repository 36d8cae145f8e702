-- How many segments the datasources have, whatever their state.
-- :datasources  JSON array of datasource numbers
SELECT count(*)
  FROM segment AS s
 WHERE s.datasource_id IN (SELECT value FROM json_each(:datasources));
