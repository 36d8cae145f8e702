-- Takes no notice of what processes have locked for their runs, in a transaction that is taken back.
DELETE FROM lock WHERE worker IS NOT NULL;
