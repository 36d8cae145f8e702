-- Who is meant: segments with the given text ids, as far as they belong to the datasources.
-- :step         the step whose rows these become
-- :used         the state they are to have, 0 or 1; segments that have it already are left out
-- :reason       number of the reason
-- :datasources  JSON array of datasource numbers
-- :ids          JSON array of text ids; an id given twice counts once
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT DISTINCT :step, s.id, s.used, :used, :reason
  FROM json_each(:ids) AS j
  CROSS JOIN payload AS p ON p.id = j.value
  CROSS JOIN segment AS s ON s.id = p.segment_id
 WHERE s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND s.used <> :used;
