-- How many used segments the datasources have.
-- :datasources  JSON array of datasource numbers
SELECT count(*)
  FROM segment AS s
 WHERE s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND s.used = 1;
