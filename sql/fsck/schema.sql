-- The schema of the store: what there is, to what table it belongs, and the SQL that made it. Not SQLite's own, nor the
-- list of migrations, which older programs made in their own words.
SELECT s.type, s.name, s.tbl_name, s.sql
  FROM sqlite_schema AS s
 WHERE substr(s.name, 1, 7) <> 'sqlite_' AND s.name <> 'refinery_schema_history';
