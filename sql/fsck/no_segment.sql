-- Payloads without a segment. Reads the index of the text ids once, and looks each up in segment.
SELECT p.id
  FROM payload AS p
 WHERE NOT EXISTS (SELECT 1 FROM segment AS s WHERE s.id = p.segment_id);
