-- The last file of the next page of a listing; NULL at its end.
-- :after  the last file of the page before
-- :limit  files of a page at most
SELECT max(file) FROM (SELECT l.file FROM temp.listed AS l WHERE l.file > :after ORDER BY l.file LIMIT :limit);
