-- The journal knows datasources by number: gives one to those of orphans that have none.
INSERT OR IGNORE INTO datasource (name) SELECT DISTINCT o.datasource FROM temp.orphan AS o;
