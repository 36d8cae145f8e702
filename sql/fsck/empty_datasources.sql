-- Datasources that have no segments. Reads datasource, and one entry of segment_interval for each.
SELECT d.name
  FROM datasource AS d
 WHERE NOT EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id);
