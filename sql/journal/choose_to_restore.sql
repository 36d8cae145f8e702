-- Who is meant: rows of the journal that are to come back, into temp.batch. Left out: what this worker has lost to another
-- meanwhile, what another deletes at this moment by another row (of the file, of a folder above it, of something below
-- it), and ids that are taken again (import --resurrect).
-- :segments  JSON array of segment numbers; their names are in temp.name
-- :stale_ms  claims that expired later may still be at work
-- :worker    who has claimed them
INSERT INTO temp.batch (segment_id)
SELECT j.segment_id
  FROM json_each(:segments) AS e
  CROSS JOIN deletion AS j ON j.segment_id = e.value
  CROSS JOIN gone AS g ON g.segment_id = j.segment_id
 WHERE (j.state <> 'done' OR j.missing) AND j.claimed_by = :worker
   AND NOT EXISTS (SELECT 1
                     FROM temp.name AS m
                     CROSS JOIN deletion AS twin ON twin.file_hash = m.file_hash AND twin.file = m.file
                    WHERE m.segment_id = j.segment_id AND twin.state <> 'done'
                      AND twin.claimed_by <> :worker AND twin.next_try_ms > :stale_ms)
   AND NOT EXISTS (SELECT 1
                     FROM temp.name AS m
                     CROSS JOIN deletion AS twin INDEXED BY deletion_located ON coalesce(twin.located, twin.file) = +m.file
                    WHERE m.segment_id = j.segment_id AND twin.state <> 'done'
                      AND twin.claimed_by <> :worker AND twin.next_try_ms > :stale_ms)
   AND NOT EXISTS (SELECT 1 FROM deletion AS twin INDEXED BY deletion_located
                    WHERE coalesce(twin.located, twin.file) > rtrim(coalesce(j.located, j.file), '/') || '/'
                      AND coalesce(twin.located, twin.file) < rtrim(coalesce(j.located, j.file), '/') || '0' -- '0' follows '/'
                      AND twin.state <> 'done'
                      AND twin.claimed_by <> :worker AND twin.next_try_ms > :stale_ms)
   AND NOT EXISTS (SELECT 1 FROM payload AS p WHERE p.id = g.id);
