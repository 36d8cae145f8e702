-- Says of every open journal row whether its file may go now. It waits ('deferred') while a living row, used
-- or unused, refers to the same file, or is parent, child or sibling by upgraded_from_segment_id of a
-- segment that did.
UPDATE deletion
   SET state = CASE WHEN EXISTS (
            SELECT 1 FROM payload AS p
             WHERE p.file_hash = deletion.file_hash AND p.file = deletion.file)
          OR EXISTS (
            SELECT 1
              FROM deletion AS kin
              CROSS JOIN gone AS g ON g.segment_id = kin.segment_id
             WHERE kin.state <> 'done'
               AND kin.file_hash = deletion.file_hash AND kin.file = deletion.file
               AND (EXISTS (SELECT 1 FROM payload AS parent WHERE parent.id = kin.upgraded_from_segment_id)
                    OR EXISTS (SELECT 1 FROM payload AS child WHERE child.upgraded_from_segment_id = g.id)
                    OR EXISTS (SELECT 1 FROM payload AS sibling
                                WHERE sibling.upgraded_from_segment_id = kin.upgraded_from_segment_id)))
          THEN 'deferred' ELSE 'pending' END
 WHERE state <> 'done';
