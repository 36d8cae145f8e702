-- What an import has turned: used to unused, and unused to used.
-- :step  the step
SELECT count(*) FILTER (WHERE before = 1 AND after = 0),
       count(*) FILTER (WHERE before = 0 AND after = 1)
  FROM change
 WHERE step_id = :step;
