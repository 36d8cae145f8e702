-- The text id of a segment by what it is: the same may be written with another offset from UTC.
-- :datasource, :start_ms, :end_ms, :version, :partition_num  its identity
SELECT p.id
  FROM datasource AS d
  CROSS JOIN segment AS s ON s.datasource_id = d.id AND s.start_ms = :start_ms AND s.end_ms = :end_ms
  CROSS JOIN payload AS p ON p.segment_id = s.id
 WHERE d.name = :datasource AND s.version = :version AND s.partition_num = :partition_num
 LIMIT 1;
