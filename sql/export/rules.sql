-- The rows of Druid's rule table, for export.
-- :datasources  JSON array of GLOB patterns
SELECT id, dataSource, version, payload
  FROM druid_rules
 WHERE EXISTS (SELECT 1 FROM json_each(:datasources) AS j WHERE dataSource GLOB j.value)
 ORDER BY dataSource, version;
