-- Whether the deletion journal has an open row of this id, or is about to delete what a load spec refers to: the file by any
-- of its names, a folder above it, or something below it.
-- :id         text id
-- :names      JSON array of [hash, name]: the names by which a row would refer to the file
-- :file       as in payload, or NULL
-- :real_file  what the disk calls it, or NULL where that is the same
SELECT EXISTS (SELECT 1
                 FROM gone AS g
                 CROSS JOIN deletion AS j ON j.segment_id = g.segment_id
                WHERE g.id = :id AND j.state <> 'done')
    OR EXISTS (SELECT 1
                 FROM json_each(:names) AS e
                 CROSS JOIN deletion AS j ON j.file_hash = e.value ->> 0 AND j.file = e.value ->> 1
                WHERE j.state = 'pending' AND j.state <> 'done')  -- 'done': for the partial indexes
    OR EXISTS (SELECT 1
                 FROM json_each(:names) AS e
                 CROSS JOIN deletion AS j INDEXED BY deletion_real ON j.real_file = e.value ->> 1
                WHERE j.state = 'pending' AND j.state <> 'done')
    OR EXISTS (SELECT 1
                 FROM deletion AS j INDEXED BY deletion_below
                WHERE j.file > rtrim(:file, '/') || '/' AND j.file < rtrim(:file, '/') || '0' -- '0' follows '/'
                  AND j.state = 'pending' AND j.state <> 'done')
    OR EXISTS (SELECT 1
                 FROM deletion AS j INDEXED BY deletion_below
                WHERE j.file > rtrim(:real_file, '/') || '/' AND j.file < rtrim(:real_file, '/') || '0'
                  AND j.state = 'pending' AND j.state <> 'done')
    OR EXISTS (SELECT 1
                 FROM deletion AS j INDEXED BY deletion_real
                WHERE j.real_file > rtrim(coalesce(:real_file, :file), '/') || '/'
                  AND j.real_file < rtrim(coalesce(:real_file, :file), '/') || '0'
                  AND j.state = 'pending' AND j.state <> 'done');
