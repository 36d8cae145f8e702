-- The numbers in temp.batch.
SELECT b.segment_id FROM temp.batch AS b;
