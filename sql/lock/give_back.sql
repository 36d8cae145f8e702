-- Gives back what a process has locked for a run of its own: the files of its batch are done, or it has died.
-- :worker  the process
DELETE FROM lock WHERE worker = :worker;
