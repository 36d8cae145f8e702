-- The latest runs, newest first.
-- :limit  how many at most
SELECT run, kind, name, logical_time, started, ended, outcome, changed, message, warnings
  FROM runs
 ORDER BY run DESC
 LIMIT :limit;
