-- The steps of a run, in order.
-- :run  the run
SELECT step, op, selected, changed, skipped, arguments, report, warnings FROM steps WHERE run = :run ORDER BY step;
