-- Takes out of a listing descriptors that lie beside a file that a segment, or an open row of the journal, names: they
-- are the segment's. (That of an index.zip was listed with it.) Looks the few files of their folders up.
DELETE FROM temp.listed
 WHERE file LIKE '%/descriptor.json'
   AND EXISTS (SELECT 1
                 FROM temp.listed AS l
                WHERE l.file > substr(listed.file, 1, length(listed.file) - length('descriptor.json'))
                  AND l.file < substr(listed.file, 1, length(listed.file) - length('/descriptor.json')) || '0' -- '0' follows '/'
                  AND (EXISTS (SELECT 1 FROM payload AS p WHERE p.file_hash = l.file_hash AND p.file = l.file)
                       OR EXISTS (SELECT 1 FROM deletion AS j
                                   WHERE j.file_hash = l.file_hash AND j.file = l.file AND j.state <> 'done')));
