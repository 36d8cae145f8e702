-- Which datasources a list of globs means. A pattern that is a datasource's name means that datasource alone.
-- :patterns  JSON array of GLOB patterns (* ? [..]), case sensitive
SELECT d.id, d.name
  FROM datasource AS d
 WHERE EXISTS (SELECT 1 FROM json_each(:patterns) AS j
                WHERE CASE WHEN EXISTS (SELECT 1 FROM datasource AS n WHERE n.name = j.value)
                           THEN d.name = j.value
                           ELSE d.name GLOB j.value END)
   AND EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)
 ORDER BY d.name;
