-- Writes that views refuse, each with the command to use instead. Without these triggers SQLite would only say
-- that a view cannot be modified.

CREATE TRIGGER segments_no_update INSTEAD OF UPDATE ON segments
BEGIN
    SELECT RAISE(ABORT, 'segments is for reading. Use: UPDATE druid_segments SET used = 0 WHERE …, or lopper mark-unused DATASOURCE');
END;

CREATE TRIGGER segments_no_insert INSTEAD OF INSERT ON segments
BEGIN
    SELECT RAISE(ABORT, 'segments are not inserted here. Use: lopper import FILE');
END;

CREATE TRIGGER segments_no_delete INSTEAD OF DELETE ON segments
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: UPDATE druid_segments SET used = 0 WHERE …, then lopper kill DATASOURCE');
END;

CREATE TRIGGER datasources_no_update INSTEAD OF UPDATE ON datasources
BEGIN
    SELECT RAISE(ABORT, 'datasources counts segments. Use: lopper mark-unused DATASOURCE, or lopper mark-used DATASOURCE');
END;

CREATE TRIGGER datasources_no_insert INSTEAD OF INSERT ON datasources
BEGIN
    SELECT RAISE(ABORT, 'datasources come with their segments. Use: lopper import FILE');
END;

CREATE TRIGGER datasources_no_delete INSTEAD OF DELETE ON datasources
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: lopper mark-unused DATASOURCE --all, then lopper kill DATASOURCE');
END;

-- The ledger and the journal are what happened: nobody rewrites them.

CREATE TRIGGER runs_no_update INSTEAD OF UPDATE ON runs
BEGIN
    SELECT RAISE(ABORT, 'runs is the ledger, for reading. Use: lopper history');
END;

CREATE TRIGGER runs_no_insert INSTEAD OF INSERT ON runs
BEGIN
    SELECT RAISE(ABORT, 'runs are recorded, not inserted. Use: lopper run JOB');
END;

CREATE TRIGGER runs_no_delete INSTEAD OF DELETE ON runs
BEGIN
    SELECT RAISE(ABORT, 'runs is the ledger, for reading. Use: lopper history');
END;

CREATE TRIGGER steps_no_update INSTEAD OF UPDATE ON steps
BEGIN
    SELECT RAISE(ABORT, 'steps is the ledger, for reading. Use: lopper history RUN');
END;

CREATE TRIGGER steps_no_insert INSTEAD OF INSERT ON steps
BEGIN
    SELECT RAISE(ABORT, 'steps are recorded, not inserted. Use: lopper run JOB');
END;

CREATE TRIGGER steps_no_delete INSTEAD OF DELETE ON steps
BEGIN
    SELECT RAISE(ABORT, 'steps is the ledger, for reading. Use: lopper history RUN');
END;

CREATE TRIGGER changes_no_update INSTEAD OF UPDATE ON changes
BEGIN
    SELECT RAISE(ABORT, 'changes is the ledger, for reading. Use: UPDATE druid_segments SET used = …, or lopper mark-used DATASOURCE');
END;

CREATE TRIGGER changes_no_insert INSTEAD OF INSERT ON changes
BEGIN
    SELECT RAISE(ABORT, 'changes are recorded, not inserted. Use: UPDATE druid_segments SET used = …, or lopper mark-unused DATASOURCE');
END;

CREATE TRIGGER changes_no_delete INSTEAD OF DELETE ON changes
BEGIN
    SELECT RAISE(ABORT, 'changes is the ledger, for reading. Use: lopper history RUN');
END;

CREATE TRIGGER deletions_no_update INSTEAD OF UPDATE ON deletions
BEGIN
    SELECT RAISE(ABORT, 'deletions is the journal, for reading. Use: lopper kill --resume');
END;

CREATE TRIGGER deletions_no_insert INSTEAD OF INSERT ON deletions
BEGIN
    SELECT RAISE(ABORT, 'deletions are recorded, not inserted. Use: lopper kill DATASOURCE');
END;

CREATE TRIGGER deletions_no_delete INSTEAD OF DELETE ON deletions
BEGIN
    SELECT RAISE(ABORT, 'deletions is the journal: it finds the files that are still to go. Use: lopper kill --resume');
END;

-- A lock is taken and given back whole, so that nobody prolongs one that has expired meanwhile.
CREATE TRIGGER locks_no_update INSTEAD OF UPDATE ON locks
BEGIN
    SELECT RAISE(ABORT, 'a lock is not changed. DELETE FROM locks WHERE id = …, then INSERT INTO locks the new one');
END;

-- The tables themselves: one letter less than the view's name must not orphan every file. What leaves by a kill or by
-- import --replace has left its name in gone first.
CREATE TRIGGER segment_no_delete BEFORE DELETE ON segment
WHEN NOT EXISTS (SELECT 1 FROM gone AS g WHERE g.segment_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: UPDATE druid_segments SET used = 0 WHERE …, then lopper kill DATASOURCE');
END;

CREATE TRIGGER payload_no_delete BEFORE DELETE ON payload
WHEN NOT EXISTS (SELECT 1 FROM gone AS g WHERE g.segment_id = OLD.segment_id)
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: UPDATE druid_segments SET used = 0 WHERE …, then lopper kill DATASOURCE');
END;
