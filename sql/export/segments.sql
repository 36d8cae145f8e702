-- The rows of Druid's segment table, for export.
-- :datasources  JSON array of names and GLOB patterns, which mean what they do in select/datasources.sql
SELECT id, dataSource, created_date, start, "end", partitioned, version, used, payload, used_status_last_updated,
       upgraded_from_segment_id, schema_fingerprint, num_rows, indexing_state_fingerprint
  FROM druid_segments
 WHERE dataSource IN (SELECT d.name FROM datasource AS d, json_each(:datasources) AS j
                       WHERE CASE WHEN j.value NOT GLOB '*[*?]*'
                                       AND EXISTS (SELECT 1 FROM datasource AS n WHERE n.name = j.value)
                                  THEN d.name = j.value
                                  ELSE d.name GLOB j.value END);
