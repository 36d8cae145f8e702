-- Whether a process still acts.
-- :worker  the process
-- :term    its term
SELECT EXISTS (SELECT 1 FROM lease WHERE name = 'scheduler' AND worker = :worker AND term = :term);
