-- Files that wait in the journal although nothing needs them any more: neither a segment that names the file, nor a
-- living parent, child or sibling of one that did (as in sql/apply/defer.sql). Reads the open rows of the journal by
-- deletion_open; everything else is looked up.
-- The terms with 'done' are for the partial indexes.
SELECT coalesce(n.id, 'segment ' || j.segment_id)
  FROM deletion AS j INDEXED BY deletion_open
  LEFT JOIN gone AS n ON n.segment_id = j.segment_id
 WHERE j.state = 'deferred' AND j.state <> 'done'
   AND NOT EXISTS (SELECT 1 FROM payload AS p WHERE p.file_hash = j.file_hash AND p.file = j.file)
   AND NOT EXISTS (
        SELECT 1
          FROM deletion AS kin
          CROSS JOIN gone AS g ON g.segment_id = kin.segment_id
         WHERE kin.state <> 'done'
           AND kin.file_hash = j.file_hash AND kin.file = j.file
           AND (EXISTS (SELECT 1 FROM payload AS parent WHERE parent.id = kin.upgraded_from_segment_id)
                OR EXISTS (SELECT 1 FROM payload AS child WHERE child.upgraded_from_segment_id = g.id)
                OR EXISTS (SELECT 1 FROM payload AS sibling
                            WHERE sibling.upgraded_from_segment_id = kin.upgraded_from_segment_id)));
