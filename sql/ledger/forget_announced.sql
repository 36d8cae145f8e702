-- A run that was announced has its own row now, or has not begun after all.
-- :worker  the process
DELETE FROM starting_run WHERE worker = :worker;
