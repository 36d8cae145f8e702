-- The latest scheduled time of a job is not run again after all.
-- :name  the job
UPDATE job SET retry_ms = NULL, retry_cause = NULL WHERE name = :name;
