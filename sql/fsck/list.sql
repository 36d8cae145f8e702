-- Keeps one object of a listing.
-- :file, :file_hash, :load_type, :datasource, :start_ms, :end_ms (the three may be NULL), :size (bytes), :modified_ms,
-- :is_exact  as in temp.listed
INSERT OR IGNORE INTO temp.listed (file, file_hash, load_type, datasource, start_ms, end_ms, size, modified_ms, is_exact)
VALUES (:file, :file_hash, :load_type, :datasource, :start_ms, :end_ms, :size, :modified_ms, :is_exact);
