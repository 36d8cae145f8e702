-- Who is meant: the next of temp.candidate, into temp.batch, as far as they may still be deleted. Every condition of
-- eligibility is here, and is checked in the transaction that deletes.
-- :datasources      JSON array of datasource numbers
-- :start_ms, :end_ms  only segments contained in [start, end)
-- :versions         JSON array of versions, or NULL for every version
-- :keep_versions    so many of the newest unused versions of each interval stay (temp.kept); NULL: none
-- :unused_by_ms     unused since then or longer (now - buffer_period)
-- :ended_by_ms      ended by then (now - duration_to_retain), or NULL to ignore; tombstones are exempt
-- :places           JSON array of {"type", "prefix"}: load spec types and where their files must lie
-- :skip_locked      1: skip locked segments (temp.locked); 0: take them, so that the guard finds them
-- :after, :upto     positions in the list: behind the one, up to the other
INSERT INTO temp.batch (segment_id)
SELECT s.id
  FROM temp.candidate AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
 WHERE c.position > :after AND c.position <= :upto
   AND s.used = 0
   AND s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND s.start_ms >= :start_ms AND s.start_ms < :end_ms AND s.end_ms <= :end_ms
   AND (:versions IS NULL OR s.version IN (SELECT value FROM json_each(:versions)))
   AND (:keep_versions IS NULL
        OR NOT EXISTS (SELECT 1 FROM temp.kept AS k
                        WHERE k.datasource_id = s.datasource_id AND k.start_ms = s.start_ms AND k.end_ms = s.end_ms
                          AND k.version = s.version))
   -- Where one of the versions to keep has gone meanwhile, or is used, nothing of the interval goes.
   AND (:keep_versions IS NULL
        OR (s.datasource_id, s.start_ms, s.end_ms) NOT IN (
                SELECT k.datasource_id, k.start_ms, k.end_ms
                  FROM (SELECT DISTINCT o.datasource_id, o.start_ms, o.end_ms
                          FROM temp.candidate AS b
                          CROSS JOIN segment AS o ON o.id = b.segment_id
                         WHERE b.position > :after AND b.position <= :upto) AS i
                  CROSS JOIN temp.kept AS k ON k.datasource_id = i.datasource_id AND k.start_ms = i.start_ms
                                           AND k.end_ms = i.end_ms
                 WHERE NOT EXISTS (SELECT 1 FROM segment AS n WHERE n.id = k.segment_id AND n.used = 0)))
   AND s.used_updated_ms <> 0 AND s.used_updated_ms <= :unused_by_ms
   AND (:ended_by_ms IS NULL OR s.end_ms <= :ended_by_ms OR s.shard_type = 'tombstone')
   AND EXISTS (SELECT 1
                 FROM json_each(:places) AS j
                 CROSS JOIN payload AS p ON p.segment_id = s.id
                WHERE j.value ->> 'type' = s.load_type
                  AND (j.value ->> 'prefix' IS NULL
                       OR substr(p.file, 1, length(j.value ->> 'prefix')) = j.value ->> 'prefix'))
   -- Of locked intervals, which do not overlap, the last that begins before the segment's end.
   AND NOT (:skip_locked
            AND coalesce((SELECT l.end_ms FROM temp.locked AS l
                           WHERE l.datasource_id = s.datasource_id AND l.start_ms < s.end_ms
                           ORDER BY l.start_ms DESC
                           LIMIT 1) > s.start_ms, 0));
