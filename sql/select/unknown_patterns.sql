-- Which globs of a list mean no datasource that has segments. A name is looked up; the datasources are read for patterns
-- with wildcards alone.
-- :patterns  JSON array of GLOB patterns
SELECT j.value
  FROM json_each(:patterns) AS j
 WHERE NOT EXISTS (SELECT 1 FROM datasource AS d
                    WHERE d.name = j.value
                      AND EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id))
   AND NOT (j.value GLOB '*[*?[]*'
            AND EXISTS (SELECT 1 FROM datasource AS d
                         WHERE d.name GLOB j.value
                           AND EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)));
