-- The files of a page of orphans.
SELECT o.segment_id, o.load_type, o.file FROM temp.orphan AS o;
