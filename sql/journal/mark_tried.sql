-- Remembers for this run that a file was refused. Temporary: the next run tries it again.
-- :segment  segment number
INSERT OR IGNORE INTO temp.tried (segment_id) VALUES (:segment);
