-- Segments that have their file in none of the places that were listed. Reads segment and payload once.
-- :places  JSON array of [load spec type, prefix]
SELECT p.id, s.load_type, p.file
  FROM payload AS p
  CROSS JOIN segment AS s ON s.id = p.segment_id
 WHERE s.load_type IS NOT 'tombstone'
   AND NOT EXISTS (SELECT 1 FROM json_each(:places) AS e
                    WHERE e.value ->> 0 = s.load_type
                      AND substr(p.file, 1, length(e.value ->> 1)) = e.value ->> 1);
