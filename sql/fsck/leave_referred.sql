-- Takes out of a page of orphans what a living row refers to by any name, or what would go with it: the descriptor beside
-- a zip. The names of the page are in temp.name.
DELETE FROM temp.orphan
 WHERE EXISTS (SELECT 1
                 FROM temp.name AS m
                 CROSS JOIN payload AS p ON p.file_hash = m.file_hash AND p.file = m.file
                WHERE m.segment_id = orphan.segment_id)
    OR EXISTS (SELECT 1
                 FROM temp.name AS m
                 CROSS JOIN temp.alias AS a ON a.file_hash = m.file_hash AND a.is_link <= m.is_self AND a.file = m.file
                WHERE m.segment_id = orphan.segment_id);
