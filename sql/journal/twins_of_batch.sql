-- Adds to temp.batch the open rows of the journal that share a file with it: they have a living relative now.
INSERT OR IGNORE INTO temp.batch (segment_id)
SELECT twin.segment_id
  FROM temp.batch AS b
  CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
  CROSS JOIN deletion AS twin ON twin.file_hash = j.file_hash AND twin.file = j.file
 WHERE twin.state <> 'done' AND twin.file_hash IS NOT NULL;
