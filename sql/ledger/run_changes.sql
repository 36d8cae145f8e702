-- The first changes of a run.
-- :run    the run
-- :limit  how many at most
SELECT step, id, before, after, reason FROM changes WHERE run = :run ORDER BY step, segment_key LIMIT :limit;
