-- Who is meant by --replace: segments that the dump does not have.
INSERT INTO temp.batch (segment_id)
SELECT s.id FROM segment AS s WHERE NOT EXISTS (SELECT 1 FROM temp.seen AS t WHERE t.segment_id = s.id);
