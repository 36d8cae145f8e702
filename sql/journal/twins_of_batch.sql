-- Adds to temp.batch the open rows of the journal that share a file with it: they have a living relative now.
INSERT OR IGNORE INTO temp.batch (segment_id)
SELECT twin.segment_id
  FROM temp.batch AS b
  CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
  CROSS JOIN deletion AS twin ON coalesce(twin.located, twin.file) = coalesce(j.located, j.file)
 WHERE twin.state <> 'done';
