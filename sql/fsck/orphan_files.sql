-- Some of the files that nothing names.
-- :before_ms  only files that were last written before
-- :limit      how many at most
SELECT l.file
  FROM temp.listed AS l
 WHERE l.modified_ms < :before_ms
 LIMIT :limit;
