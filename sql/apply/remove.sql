-- Deletes the rows of a batch; their payloads go with them (ON DELETE CASCADE).
DELETE FROM segment WHERE id IN (SELECT b.segment_id FROM temp.batch AS b);
