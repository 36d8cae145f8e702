-- Which datasources a list of globs means. A pattern without * and ? that is a datasource's name means that datasource
-- alone; one with them is a pattern whatever datasources are called, so that * is always all. Exactly the datasource
-- called * is [*].
-- :patterns  JSON array of GLOB patterns (* ? [..]), case sensitive
SELECT d.id, d.name
  FROM datasource AS d
 WHERE EXISTS (SELECT 1 FROM json_each(:patterns) AS j
                WHERE CASE WHEN j.value NOT GLOB '*[*?]*' AND EXISTS (SELECT 1 FROM datasource AS n WHERE n.name = j.value)
                           THEN d.name = j.value
                           ELSE d.name GLOB j.value END)
   AND EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)
 ORDER BY d.name;
