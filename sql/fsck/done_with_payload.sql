-- Closed rows of the journal that still hold a payload, although their file was not missing. Reads the journal once.
SELECT coalesce(g.id, 'segment ' || j.segment_id)
  FROM deletion AS j
  LEFT JOIN gone AS g ON g.segment_id = j.segment_id
 WHERE j.state = 'done' AND j.payload IS NOT NULL AND NOT j.missing;
