-- Takes it on to call a run's on_failure. No row: it was called, or somebody else has taken it on.
-- :run  the run
DELETE FROM failure_hook WHERE run_id = :run;
