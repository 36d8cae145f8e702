-- Takes out of a listing what lies below a folder that a segment, or an open row of the journal, names as its files.
-- Reads payload once.
DELETE FROM temp.listed
 WHERE file IN (
        SELECT l.file
          FROM (SELECT rtrim(p.file, '/') AS folder FROM payload AS p WHERE p.file NOT LIKE '%.zip'
                UNION ALL
                SELECT rtrim(j.file, '/') FROM deletion AS j WHERE j.state <> 'done' AND j.file NOT LIKE '%.zip') AS f
          CROSS JOIN temp.listed AS l ON l.file > f.folder || '/' AND l.file < f.folder || '0'); -- '0' follows '/'
