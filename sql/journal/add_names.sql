-- Keeps the names by which a row would refer to a file.
-- :segment  whose file
-- :names    JSON array of [hash, name]
INSERT OR IGNORE INTO temp.name (segment_id, file_hash, file)
SELECT :segment, e.value ->> 0, e.value ->> 1 FROM json_each(:names) AS e;
