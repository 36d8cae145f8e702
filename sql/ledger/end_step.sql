-- A step ends: what it meant, what it left alone, what it came to, and the report that was printed.
-- :step           the step
-- :selected       segments that it meant
-- :skipped        segments that it left alone because of a lock
-- :changed        segments whose state changed
-- :changed_bytes  their sizes
-- :files_deleted  files of a kill that deep storage confirmed gone
-- :report         the step's report as JSON
-- :warnings       how many warnings it has
UPDATE step
   SET selected = :selected, skipped = :skipped, changed = :changed, changed_bytes = :changed_bytes,
       files_deleted = :files_deleted, report = :report, warnings = :warnings
 WHERE id = :step;
