-- Says of the open journal rows in temp.batch whether their files may go now. A file waits ('deferred') while a living
-- row, used or unused, refers to it by any of its names, while nobody can tell what a living row of its datasource
-- refers to, or while a living row is parent, child or sibling by upgraded_from_segment_id of a segment that referred to
-- it. A row that waits is nobody's. Rows whose state stays the same are not written; of rows whose names are not in
-- temp.name nothing is said. What many rows name is asked about once.
WITH named AS MATERIALIZED (
        SELECT DISTINCT m.file_hash, m.file
          FROM temp.batch AS b
          CROSS JOIN temp.name AS m ON m.segment_id = b.segment_id
), kin AS (
        SELECT m.file, j.segment_id, j.upgraded_from_segment_id
          FROM named AS m
          CROSS JOIN deletion AS j INDEXED BY deletion_file ON j.file_hash = m.file_hash AND j.file = m.file
         WHERE j.state <> 'done' AND j.file_hash IS NOT NULL
        UNION ALL
        SELECT m.file, j.segment_id, j.upgraded_from_segment_id
          FROM named AS m
          CROSS JOIN deletion AS j INDEXED BY deletion_located ON coalesce(j.located, j.file) = +m.file
         WHERE j.state <> 'done' AND j.located IS NOT NULL
), needed AS MATERIALIZED (
        SELECT DISTINCT k.file
          FROM kin AS k
          CROSS JOIN gone AS g ON g.segment_id = k.segment_id
         WHERE EXISTS (SELECT 1 FROM payload AS parent WHERE parent.id = k.upgraded_from_segment_id)
            OR EXISTS (SELECT 1 FROM payload AS child WHERE child.upgraded_from_segment_id = g.id)
            OR EXISTS (SELECT 1 FROM payload AS sibling
                        WHERE sibling.upgraded_from_segment_id = k.upgraded_from_segment_id)
), n AS MATERIALIZED (
        SELECT j.segment_id,
               CASE WHEN EXISTS (
                        SELECT 1
                          FROM temp.name AS m
                          CROSS JOIN payload AS p ON p.file_hash = m.file_hash AND p.file = m.file
                         WHERE m.segment_id = j.segment_id)
                      OR EXISTS (
                        SELECT 1
                          FROM temp.name AS m
                          CROSS JOIN temp.alias AS a ON a.file_hash = m.file_hash AND a.is_link <= m.is_self AND a.file = m.file
                          CROSS JOIN segment AS s ON s.id = a.segment_id
                         WHERE m.segment_id = j.segment_id)
                      OR EXISTS (
                        SELECT 1
                          FROM gone AS g
                          CROSS JOIN temp.protected AS o ON o.datasource_id = g.datasource_id
                         WHERE g.segment_id = j.segment_id)
                      OR EXISTS (
                        SELECT 1
                          FROM temp.name AS m
                         WHERE m.segment_id = j.segment_id AND m.file IN (SELECT k.file FROM needed AS k))
                    THEN 'deferred' ELSE 'pending' END AS state
          FROM temp.batch AS b
          CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
         WHERE j.state <> 'done'
           AND EXISTS (SELECT 1 FROM temp.name AS m WHERE m.segment_id = j.segment_id))
UPDATE deletion
   SET state = n.state, claimed_by = NULL, next_try_ms = 0
  FROM n
 WHERE deletion.segment_id = n.segment_id AND deletion.state <> n.state;
