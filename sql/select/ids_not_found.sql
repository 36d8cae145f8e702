-- Which of the given ids name no segment of the datasources.
-- :ids          JSON array of text ids
-- :datasources  JSON array of datasource numbers
SELECT DISTINCT j.value
  FROM json_each(:ids) AS j
 WHERE NOT EXISTS (SELECT 1
                     FROM payload AS p
                     CROSS JOIN segment AS s ON s.id = p.segment_id
                    WHERE p.id = j.value
                      AND s.datasource_id IN (SELECT value FROM json_each(:datasources)));
