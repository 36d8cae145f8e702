-- Segments of a batch are about to leave: what is overshadowed in their datasources is unknown until a pass looks again.
UPDATE datasource
   SET overshadowed_as_of_ms = NULL
 WHERE overshadowed_as_of_ms IS NOT NULL
   AND id IN (SELECT s.datasource_id FROM temp.batch AS b CROSS JOIN segment AS s ON s.id = b.segment_id);
