-- Takes out of a listing the files of killed segments that were closed as missing: they can be restored. Reads those rows
-- of the journal, and looks each file up in the listing.
DELETE FROM temp.listed
 WHERE file IN (
        SELECT l.file
          FROM deletion AS j INDEXED BY deletion_missing
          CROSS JOIN temp.listed AS l ON l.file = j.file
         WHERE j.missing = 1
        UNION ALL
        SELECT l.file
          FROM deletion AS j INDEXED BY deletion_missing
          CROSS JOIN temp.listed AS l ON l.file > rtrim(j.file, '/') || '/' AND l.file < rtrim(j.file, '/') || '0'
         WHERE j.missing = 1); -- '0' follows '/'
