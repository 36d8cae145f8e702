-- The rows of Druid's rule table, for export.
-- :datasources  JSON array of names and GLOB patterns, which mean what they do in select/datasources.sql
SELECT id, dataSource, version, payload
  FROM druid_rules
 WHERE EXISTS (SELECT 1 FROM json_each(:datasources) AS j
                WHERE CASE WHEN j.value NOT GLOB '*[*?]*'
                                AND EXISTS (SELECT 1 FROM druid_rules AS n WHERE n.dataSource = j.value)
                           THEN dataSource = j.value
                           ELSE dataSource GLOB j.value END)
 ORDER BY dataSource, version;
