-- What the last pass found hidden, where the hidden segment is not there, or what hides it was never there. Reads
-- overshadowed once, and looks both up.
SELECT coalesce(p.id, 'segment ' || o.segment_id) || CASE WHEN p.id IS NULL THEN ' is not there'
       ELSE ': hidden by segment ' || o.by_segment_id || ', which never was' END
  FROM overshadowed AS o
  LEFT JOIN payload AS p ON p.segment_id = o.segment_id
 WHERE NOT EXISTS (SELECT 1 FROM segment AS s WHERE s.id = o.segment_id)
    OR (NOT EXISTS (SELECT 1 FROM segment AS s WHERE s.id = o.by_segment_id)
        AND NOT EXISTS (SELECT 1 FROM gone AS g WHERE g.segment_id = o.by_segment_id));
