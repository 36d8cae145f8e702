-- What a kill asks of one segment, each condition by itself: 1 where it holds. The conditions and parameters are those
-- of select/killable.sql and select/passed_over.sql; temp.kept and temp.locked know the segment's interval.
-- :segment  its number
SELECT s.datasource_id IN (SELECT value FROM json_each(:datasources)),
       s.used = 0,
       s.start_ms >= :start_ms AND s.start_ms < :end_ms AND s.end_ms <= :end_ms,
       :versions IS NULL OR s.version IN (SELECT value FROM json_each(:versions)),
       (:keep_versions IS NULL
        OR NOT EXISTS (SELECT 1 FROM temp.kept AS k
                        WHERE k.datasource_id = s.datasource_id AND k.start_ms = s.start_ms AND k.end_ms = s.end_ms
                          AND k.version = s.version)),
       coalesce(s.used_updated_ms, 0) <> 0,
       coalesce(s.used_updated_ms, 0) <= :unused_by_ms,
       :ended_by_ms IS NULL OR s.end_ms <= :ended_by_ms OR s.shard_type = 'tombstone',
       s.load_type IS NOT NULL,
       EXISTS (SELECT 1 FROM json_each(:places) AS j WHERE j.value ->> 'type' = s.load_type),
       EXISTS (SELECT 1
                 FROM json_each(:places) AS j
                 CROSS JOIN payload AS p ON p.segment_id = s.id
                WHERE j.value ->> 'type' = s.load_type
                  AND (j.value ->> 'prefix' IS NULL
                       OR substr(p.file, 1, length(j.value ->> 'prefix')) = j.value ->> 'prefix')),
       NOT (:skip_locked
            AND coalesce((SELECT l.end_ms FROM temp.locked AS l
                           WHERE l.datasource_id = s.datasource_id AND l.start_ms < s.end_ms
                           ORDER BY l.start_ms DESC
                           LIMIT 1) > s.start_ms, 0))
  FROM segment AS s
 WHERE s.id = :segment;
