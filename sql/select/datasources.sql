-- Which datasources a list of globs means.
-- :patterns  JSON array of GLOB patterns (* ? [..]), case sensitive
SELECT d.id, d.name
  FROM datasource AS d
 WHERE EXISTS (SELECT 1 FROM json_each(:patterns) AS j WHERE d.name GLOB j.value)
   AND EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)
 ORDER BY d.name;
