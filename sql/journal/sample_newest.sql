-- A few living segments of a place, to look whether it shows their files: the last that came.
-- :load_type, :prefix  the place: load spec type, and what its files begin with
-- :limit               how many
SELECT p.file, d.name
  FROM segment AS s
  CROSS JOIN payload AS p ON p.segment_id = s.id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE s.load_type = :load_type AND substr(p.file, 1, length(:prefix)) = :prefix
 ORDER BY s.id DESC
 LIMIT :limit;
