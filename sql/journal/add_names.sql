-- Keeps the names by which a row would refer to a file.
-- :segment  whose file
-- :names    JSON array of [hash, name, 1 for what is removed itself or 0 for a folder above it]
INSERT OR IGNORE INTO temp.name (segment_id, file_hash, file, is_self)
SELECT :segment, e.value ->> 0, e.value ->> 1, e.value ->> 2 FROM json_each(:names) AS e;
