-- Takes out of temp.batch what was not looked at, or was refused then.
DELETE FROM temp.batch
 WHERE NOT EXISTS (SELECT 1 FROM temp.surveyed AS v WHERE v.segment_id = batch.segment_id AND v.refused IS NULL);
