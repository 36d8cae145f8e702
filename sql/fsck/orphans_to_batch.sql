-- The orphans just moved, as the batch whose files are to go.
INSERT INTO temp.batch (segment_id) SELECT o.segment_id FROM temp.orphan AS o;
