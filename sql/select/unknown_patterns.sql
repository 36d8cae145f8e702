-- Which globs of a list mean no datasource that has segments.
-- :patterns  JSON array of GLOB patterns
SELECT j.value
  FROM json_each(:patterns) AS j
 WHERE NOT EXISTS (SELECT 1 FROM datasource AS d
                    WHERE (d.name = j.value OR d.name GLOB j.value)
                      AND EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id));
