-- The highest number of a segment before an import begins: what is above it, the import has brought.
SELECT coalesce(max(id), 0) FROM segment;
