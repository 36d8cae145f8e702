-- Jobs whose files are gone are owed nothing until they come back.
-- :jobs  JSON array of objects, each with the name of a job in force
UPDATE job SET suspended = 1, retry_ms = NULL
 WHERE suspended = 0 AND name NOT IN (SELECT j.value ->> 'name' FROM json_each(:jobs) AS j);
