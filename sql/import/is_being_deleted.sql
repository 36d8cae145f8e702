-- Whether the deletion journal has an open row of this id or of this file.
-- :id    text id
-- :file, :file_hash  as in payload
SELECT EXISTS (SELECT 1
                 FROM gone AS g
                 CROSS JOIN deletion AS j ON j.segment_id = g.segment_id
                WHERE g.id = :id AND j.state <> 'done')
    OR EXISTS (SELECT 1
                 FROM deletion AS j
                WHERE j.file_hash = :file_hash AND j.file = :file AND j.state = 'pending' AND j.state <> 'done');  -- 'done': for the partial index
