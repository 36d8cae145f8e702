-- Who is meant: every unused segment of the datasources, to be marked used.
-- :step         the step whose rows these become
-- :reason       number of the reason
-- :datasources  JSON array of datasource numbers
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, s.id, 0, 1, :reason
  FROM segment AS s INDEXED BY segment_unused
 WHERE s.used = 0
   AND s.datasource_id IN (SELECT value FROM json_each(:datasources));
