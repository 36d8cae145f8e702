-- Remembers that the dump has a segment of the store.
-- :segment  its number
INSERT OR IGNORE INTO temp.seen (segment_id) VALUES (:segment);
