-- A step ends: what it meant, what it left alone, and the report that was printed.
-- :step      the step
-- :selected  segments that it meant
-- :skipped   segments that it left alone because of a lock
-- :report    the step's report as JSON
UPDATE step SET selected = :selected, skipped = :skipped, report = :report WHERE id = :step;
