-- Name plates of orphans: the journal's rows need one. No segment has the id of a file.
-- :step  the step that removes them
INSERT INTO gone (segment_id, id, datasource_id, start_ms, end_ms, version, partition_num, size, step_id, how)
SELECT o.segment_id, o.file, d.id, o.start_ms, o.end_ms, '', 0, o.size, :step, 'killed'
  FROM temp.orphan AS o
  CROSS JOIN datasource AS d ON d.name = o.datasource;
