-- What SQLite itself finds wrong with the file: pages, rows out of order, and values that a table's own CHECK or NOT
-- NULL forbids. The first 10 messages, or 'ok'. Reads every page of the tables once; indexes are not compared with them.
PRAGMA quick_check(10);
