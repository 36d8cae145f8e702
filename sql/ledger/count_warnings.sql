-- How many warnings the steps of a run have, as far as they were committed.
-- :run  the run
SELECT coalesce(sum(warnings), 0) FROM step WHERE run_id = :run;
