-- Who is meant: the segments that a person's predicate (--where) has chosen into temp.chosen.
-- :step    the step whose rows these become
-- :used    the state they are to have, 0 or 1; segments that have it already are left out
-- :reason  number of the reason
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, s.id, s.used, :used, :reason
  FROM temp.chosen AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
 WHERE s.used <> :used;
