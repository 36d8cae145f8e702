-- Who is meant: the next of temp.candidate, into temp.batch, as far as they may still be deleted. Every condition of
-- eligibility is here, and is checked in the transaction that deletes.
-- :datasources      JSON array of datasource numbers
-- :start_ms, :end_ms  only segments contained in [start, end)
-- :versions         JSON array of versions, or NULL for every version
-- :keep_versions    so many of the newest unused versions of each interval stay; NULL: none
-- :unused_by_ms     unused since then or longer (now - buffer_period)
-- :ended_by_ms      ended by then (now - duration_to_retain), or NULL to ignore; tombstones are exempt
-- :places           JSON array of {"type", "prefix"}: load spec types and where their files must lie
-- :wall_ms          the wall clock, for locks
-- :skip_locked      1: pass over locked segments; 0: take them, so that the guard finds them
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
        OR (SELECT count(DISTINCT n.version) FROM segment AS n
             WHERE n.datasource_id = s.datasource_id AND n.start_ms = s.start_ms AND n.end_ms = s.end_ms
               AND n.used = 0 AND n.version > s.version) >= :keep_versions)
   AND s.used_updated_ms <> 0 AND s.used_updated_ms <= :unused_by_ms
   AND (:ended_by_ms IS NULL OR s.end_ms <= :ended_by_ms OR s.shard_type = 'tombstone')
   AND EXISTS (SELECT 1
                 FROM json_each(:places) AS j
                 CROSS JOIN payload AS p ON p.segment_id = s.id
                WHERE j.value ->> 'type' = s.load_type
                  AND (j.value ->> 'prefix' IS NULL
                       OR substr(p.file, 1, length(j.value ->> 'prefix')) = j.value ->> 'prefix'))
   AND NOT (:skip_locked
            AND EXISTS (SELECT 1
                          FROM datasource AS d
                          CROSS JOIN lock AS l ON l.datasource = d.name
                         WHERE d.id = s.datasource_id
                           AND l.start_ms < s.end_ms AND s.start_ms < l.end_ms
                           AND (l.expires_ms IS NULL OR l.expires_ms > :wall_ms)));
