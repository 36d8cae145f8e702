-- Jobs whose files are gone are owed nothing until they come back. Those of other directories are others' business.
-- :jobs       JSON array of objects, each with the name of a job in force
-- :directory  where their files are
UPDATE job SET suspended = 1, retry_ms = NULL, retry_cause = NULL
 WHERE suspended = 0 AND (directory IS NULL OR directory = :directory)
   AND name NOT IN (SELECT j.value ->> 'name' FROM json_each(:jobs) AS j);
