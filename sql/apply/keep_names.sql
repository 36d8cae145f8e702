-- Keeps the name plates of a batch that is about to leave the segment table.
-- :step  the step that removes it
-- :how   'killed' or 'replaced'
INSERT INTO gone (segment_id, id, datasource_id, start_ms, end_ms, version, partition_num, size, step_id, how)
SELECT s.id, p.id, s.datasource_id, s.start_ms, s.end_ms, s.version, s.partition_num, s.size, :step, :how
  FROM temp.batch AS b
  CROSS JOIN segment AS s ON s.id = b.segment_id
  CROSS JOIN payload AS p ON p.segment_id = s.id;
