-- Keeps one object of a listing.
-- :file, :file_hash, :load_type, :datasource (or NULL), :size (bytes), :modified_ms  as in temp.listed
INSERT OR IGNORE INTO temp.listed (file, file_hash, load_type, datasource, size, modified_ms)
VALUES (:file, :file_hash, :load_type, :datasource, :size, :modified_ms);
