-- Segments whose file a listing has not found: neither the file itself nor anything below it. Reads payload
-- once, and looks each file up in the listing.
-- :load_type, :prefix  the place: load spec type, and what its files begin with
-- :newest              segments above this number came after the listing began
SELECT p.id, p.file, d.name
  FROM payload AS p NOT INDEXED
  CROSS JOIN segment AS s ON s.id = p.segment_id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE p.segment_id <= :newest
   AND substr(p.file, 1, length(:prefix)) = :prefix
   AND NOT EXISTS (SELECT 1 FROM temp.listed AS l WHERE l.file = p.file)
   AND NOT EXISTS (SELECT 1 FROM temp.listed AS l
                    WHERE l.file > rtrim(p.file, '/') || '/' AND l.file < rtrim(p.file, '/') || '0') -- '0' follows '/'
   AND s.load_type = :load_type;
