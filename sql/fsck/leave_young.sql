-- Takes out of a listing what may be on its way into the metadata: files that are young, and all in their folders, as
-- the files of a folder belong together. Reads what nothing names.
-- :before_ms  files that were last written then or later are young
DELETE FROM temp.listed
 -- What is left of a path when all but its '/' may go from its end is its folder.
 WHERE rtrim(file, replace(file, '/', '')) IN (
        SELECT rtrim(y.file, replace(y.file, '/', '')) FROM temp.listed AS y WHERE y.modified_ms >= :before_ms);
