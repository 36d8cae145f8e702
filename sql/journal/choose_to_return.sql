-- Who is meant: journal rows that return to the segment table, into temp.batch.
-- :segments  JSON array of segment numbers
INSERT INTO temp.batch (segment_id)
SELECT j.segment_id
  FROM json_each(:segments) AS e
  CROSS JOIN deletion AS j ON j.segment_id = e.value
 WHERE j.state <> 'done';
