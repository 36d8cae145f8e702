-- Takes out of a listing the file, or all below the folder, that a row names by a way through links.
-- :file  its name without links, as in temp.listed
DELETE FROM temp.listed WHERE file = :file OR (file > :file || '/' AND file < :file || '0'); -- '0' follows '/'
