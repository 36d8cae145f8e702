-- Whoever acts goes, in an orderly way: the next one need not wait. The term stays, so that it never comes again.
-- :worker   the process
-- :term     its term
-- :wall_ms  the wall clock
UPDATE lease SET expires_ms = :wall_ms, expires_awake_ms = 0 WHERE name = 'scheduler' AND worker = :worker AND term = :term;
