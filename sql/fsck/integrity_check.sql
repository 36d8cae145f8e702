-- What SQLite itself finds wrong with the file: pages, rows out of order, entries of indexes that their tables do not have
-- or lack, and values that a table's own CHECK, NOT NULL or UNIQUE forbids. The first 10 messages, or 'ok'. Reads every
-- page once, and looks each row up in each index.
PRAGMA integrity_check(10);
