-- One run.
-- :run  its number
SELECT run, kind, name, logical_time, started, ended, outcome, changed, message, warnings FROM runs WHERE run = :run;
