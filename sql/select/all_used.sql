-- Who is meant: every used segment of the datasources, to be marked unused.
-- :step         the step whose rows these become
-- :reason       number of the reason
-- :datasources  JSON array of datasource numbers
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, s.id, 1, 0, :reason
  FROM segment AS s
 WHERE s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND s.used = 1;
