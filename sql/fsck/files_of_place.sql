-- The segments whose files lie in a place, used or unused. Reads segment once, and the payload's row of each.
-- :load_type, :prefix  the place: load spec type, and what its files begin with
SELECT p.id, p.file, d.name
  FROM segment AS s
  CROSS JOIN payload AS p ON p.segment_id = s.id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE s.load_type = :load_type AND substr(p.file, 1, length(:prefix)) = :prefix;
