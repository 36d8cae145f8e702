-- Adds to temp.batch the open rows of the journal that share a file with it: they have a living relative now.
INSERT OR IGNORE INTO temp.batch (segment_id)
SELECT twin.segment_id
  FROM (SELECT DISTINCT coalesce(j.located, j.file) AS place
          FROM temp.batch AS b
          CROSS JOIN deletion AS j ON j.segment_id = b.segment_id) AS f
  CROSS JOIN deletion AS twin INDEXED BY deletion_located ON coalesce(twin.located, twin.file) = f.place
 WHERE twin.state <> 'done';
