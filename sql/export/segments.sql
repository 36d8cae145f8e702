-- The rows of Druid's segment table, for export.
-- :datasources  JSON array of GLOB patterns
SELECT id, dataSource, created_date, start, "end", partitioned, version, used, payload, used_status_last_updated,
       upgraded_from_segment_id, schema_fingerprint, num_rows, indexing_state_fingerprint
  FROM druid_segments
 WHERE dataSource IN (SELECT d.name FROM datasource AS d, json_each(:datasources) AS j WHERE d.name GLOB j.value);
