-- Keeps a name that a living segment's load spec needs.
-- :segment
-- :file_hash, :file  what the disk calls it
-- :is_link           1: a link on the way
INSERT OR IGNORE INTO temp.alias (segment_id, file_hash, file, is_link) VALUES (:segment, :file_hash, :file, :is_link);
