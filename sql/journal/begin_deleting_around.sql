-- Says that an attempt begins to delete what other open rows name: what lies in folders that are to go, and folders above
-- files that are, which go when they become empty.
-- :segments  JSON array of segment numbers: whose files
-- :folders   JSON array of the folders above those files
UPDATE deletion
   SET begun = 1
 WHERE begun = 0
   AND segment_id IN (
        SELECT below.segment_id
          FROM json_each(:segments) AS e
          CROSS JOIN deletion AS j ON j.segment_id = e.value
          CROSS JOIN deletion AS below INDEXED BY deletion_located
             ON coalesce(below.located, below.file) > rtrim(coalesce(j.located, j.file), '/') || '/'
            AND coalesce(below.located, below.file) < rtrim(coalesce(j.located, j.file), '/') || '0' -- '0' follows '/'
         WHERE below.state <> 'done'
        UNION ALL
        SELECT above.segment_id
          FROM json_each(:folders) AS f
          CROSS JOIN deletion AS above INDEXED BY deletion_located ON coalesce(above.located, above.file) = f.value
         WHERE above.state <> 'done');
