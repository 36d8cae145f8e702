-- Keeps what the disk calls the file of a living segment.
-- :segment, :file_hash, :file
INSERT OR REPLACE INTO temp.alias (segment_id, file_hash, file) VALUES (:segment, :file_hash, :file);
