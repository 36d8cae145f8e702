-- Which of the names of what lies in a folder that is to go a living row refers to, by any name, or a row of the journal
-- that waits for its relatives: one, or none.
-- :names  JSON array of [hash, name]
SELECT e.value ->> 1
  FROM json_each(:names) AS e
 WHERE EXISTS (SELECT 1 FROM payload AS p WHERE p.file_hash = e.value ->> 0 AND p.file = e.value ->> 1)
    OR EXISTS (SELECT 1
                 FROM temp.alias AS a
                 CROSS JOIN segment AS s ON s.id = a.segment_id
                WHERE a.file_hash = e.value ->> 0 AND a.file = e.value ->> 1)
    OR EXISTS (SELECT 1 FROM deletion AS j
                WHERE j.file_hash = e.value ->> 0 AND j.file = e.value ->> 1
                  AND j.state = 'deferred' AND j.state <> 'done') -- 'done': for the partial index
    OR EXISTS (SELECT 1 FROM deletion AS j INDEXED BY deletion_located
                WHERE coalesce(j.located, j.file) = e.value ->> 1 AND j.state = 'deferred' AND j.state <> 'done')
 LIMIT 1;
