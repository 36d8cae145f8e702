-- Says of the open journal rows in temp.batch whether their files may go now. A file waits ('deferred') while a living
-- row, used or unused, refers to it, or is parent, child or sibling by upgraded_from_segment_id of a segment that did.
-- A row that waits is nobody's. Rows whose state stays the same are not written.
WITH n AS MATERIALIZED (
        SELECT j.segment_id,
               CASE WHEN EXISTS (
                        SELECT 1 FROM payload AS p WHERE p.file_hash = j.file_hash AND p.file = j.file)
                      OR EXISTS (
                        SELECT 1
                          FROM deletion AS kin
                          CROSS JOIN gone AS g ON g.segment_id = kin.segment_id
                         WHERE kin.state <> 'done'
                           AND kin.file_hash = j.file_hash AND kin.file = j.file
                           AND (EXISTS (SELECT 1 FROM payload AS parent WHERE parent.id = kin.upgraded_from_segment_id)
                                OR EXISTS (SELECT 1 FROM payload AS child WHERE child.upgraded_from_segment_id = g.id)
                                OR EXISTS (SELECT 1 FROM payload AS sibling
                                            WHERE sibling.upgraded_from_segment_id = kin.upgraded_from_segment_id)))
                    THEN 'deferred' ELSE 'pending' END AS state
          FROM temp.batch AS b
          CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
         WHERE j.state <> 'done')
UPDATE deletion
   SET state = n.state, claimed_by = NULL, next_try_ms = 0
  FROM n
 WHERE deletion.segment_id = n.segment_id AND deletion.state <> n.state;
