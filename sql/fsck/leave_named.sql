-- Takes out of a listing what a segment, or an open row of the journal, names. Looks each listed file up.
-- The terms about file_hash and 'done' are for the partial indexes.
DELETE FROM temp.listed
 WHERE EXISTS (SELECT 1 FROM payload AS p WHERE p.file_hash = listed.file_hash AND p.file = listed.file)
    OR EXISTS (SELECT 1 FROM deletion AS j
                WHERE j.file_hash = listed.file_hash AND j.file = listed.file AND j.state <> 'done');
