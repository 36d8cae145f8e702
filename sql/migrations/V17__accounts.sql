-- Every scheduled time accounted for: failures that nobody has been told of yet, what is run again after a restart, whose
-- jobs are whose, and which store this is.

-- Where the job's file is; NULL: an older lopper noted the job.
ALTER TABLE job ADD COLUMN directory TEXT;
-- Why the latest scheduled time is to be run again at retry_ms; NULL with a retry: an older lopper noted it, as 'schedule'.
ALTER TABLE job ADD COLUMN retry_cause TEXT CHECK (retry_cause IN ('schedule', 'catch-up'));
-- When the run of the latest scheduled time is cut short (interrupted, or its process dies): how long after that it is run
-- again, and as what; NULL: it is not.
ALTER TABLE job ADD COLUMN cut_short_ms INTEGER;
ALTER TABLE job ADD COLUMN cut_short_cause TEXT CHECK (cut_short_cause IN ('schedule', 'catch-up'));

-- Scheduled runs that came to no good end, and whose on_failure has not been called. It is called once no further attempt
-- comes: whoever calls it takes the row out first.
CREATE TABLE failure_hook (
    run_id     INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    worker     TEXT,     -- the process that calls it; NULL: whoever finds that no further attempt comes
    expires_ms INTEGER   -- a process that has not called it until then counts as dead
) STRICT;

-- One row: a name that no other store has. A copy of the file has it as well.
CREATE TABLE identity (id TEXT NOT NULL) STRICT;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));
