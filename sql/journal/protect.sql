-- Keeps that all files of a datasource stay.
-- :datasource  its number
INSERT OR IGNORE INTO temp.protected (datasource_id) VALUES (:datasource);
