-- Segments without a payload. Reads segment once, and looks each up in payload.
SELECT 'segment ' || s.id || coalesce(' of ' || d.name, '') || ', version ' || s.version || ', partition ' || s.partition_num
  FROM segment AS s
  LEFT JOIN datasource AS d ON d.id = s.datasource_id
 WHERE NOT EXISTS (SELECT 1 FROM payload AS p WHERE p.segment_id = s.id);
