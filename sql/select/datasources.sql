-- Which datasources a list of globs means. A pattern without * and ? that is a datasource's name means that datasource
-- alone; one with them is a pattern whatever datasources are called, so that * is always all. Exactly the datasource
-- called * is [*]. Names are looked up; every datasource is compared with patterns that have wildcards alone.
-- :patterns  JSON array of GLOB patterns (* ? [..]), case sensitive
WITH wild AS MATERIALIZED (
    SELECT DISTINCT j.value AS pattern
      FROM json_each(:patterns) AS j
     WHERE j.value GLOB '*[*?]*'
        OR (j.value GLOB '*[[]*' AND NOT EXISTS (SELECT 1 FROM datasource AS n WHERE n.name = j.value))
)
SELECT d.id, d.name
  FROM datasource AS d
 WHERE (d.name IN (SELECT j.value FROM json_each(:patterns) AS j WHERE j.value NOT GLOB '*[*?]*')
        OR EXISTS (SELECT 1 FROM wild AS w WHERE d.name GLOB w.pattern))
   AND EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)
 ORDER BY d.name;
