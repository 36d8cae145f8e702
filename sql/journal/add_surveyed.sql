-- Keeps that a segment was looked at before its batch moves.
-- :segment
-- :real_file  what the disk calls its file, or NULL where that is the same
-- :located    where it lies itself, or NULL where that is its name
-- :refused    why it does not move, or NULL
INSERT OR REPLACE INTO temp.surveyed (segment_id, real_file, located, refused) VALUES (:segment, :real_file, :located, :refused);
