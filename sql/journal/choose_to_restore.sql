-- Who is meant: rows of the journal that are to come back, into temp.batch. Left out: what this worker has lost to
-- another meanwhile, be it by another row of the file, and ids that are taken again (import --resurrect).
-- :segments  JSON array of segment numbers
-- :stale_ms  claims that expired later may still be at work
-- :worker    who has claimed them
INSERT INTO temp.batch (segment_id)
SELECT j.segment_id
  FROM json_each(:segments) AS e
  CROSS JOIN deletion AS j ON j.segment_id = e.value
  CROSS JOIN gone AS g ON g.segment_id = j.segment_id
 WHERE j.state <> 'done' AND j.claimed_by = :worker
   AND NOT EXISTS (SELECT 1 FROM deletion AS twin
                    WHERE twin.file_hash = j.file_hash AND twin.file = j.file AND twin.state <> 'done'
                      AND twin.claimed_by <> :worker AND twin.next_try_ms > :stale_ms)
   AND NOT EXISTS (SELECT 1 FROM payload AS p WHERE p.id = g.id);
