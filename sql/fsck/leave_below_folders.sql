-- Takes out of a listing what lies below a folder that a segment, or an open row of the journal, names as its files,
-- whatever the folder is called. What was listed by the very name is a file, with nothing below it. Reads payload once,
-- and looks each file up in the listing; before leave_named.sql.
DELETE FROM temp.listed
 WHERE file IN (
        SELECT l.file
          FROM (SELECT rtrim(p.file, '/') AS folder FROM payload AS p
                 WHERE NOT EXISTS (SELECT 1 FROM temp.listed AS x WHERE x.file = p.file)
                UNION ALL
                SELECT rtrim(j.file, '/') FROM deletion AS j INDEXED BY deletion_open
                 WHERE j.state <> 'done' AND NOT EXISTS (SELECT 1 FROM temp.listed AS x WHERE x.file = j.file)) AS f
          CROSS JOIN temp.listed AS l ON l.file > f.folder || '/' AND l.file < f.folder || '0'); -- '0' follows '/'
