-- What a kill asks of one segment, each condition by itself: 1 where it holds. The conditions and parameters are those
-- of select/killable.sql and select/passed_over.sql.
-- :segment  its number
SELECT s.datasource_id IN (SELECT value FROM json_each(:datasources)),
       s.used = 0,
       s.start_ms >= :start_ms AND s.start_ms < :end_ms AND s.end_ms <= :end_ms,
       :versions IS NULL OR s.version IN (SELECT value FROM json_each(:versions)),
       (:keep_versions IS NULL
        OR (SELECT count(DISTINCT n.version) FROM segment AS n
             WHERE n.datasource_id = s.datasource_id AND n.start_ms = s.start_ms AND n.end_ms = s.end_ms
               AND n.used = 0 AND n.version > s.version) >= :keep_versions),
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
            AND EXISTS (SELECT 1
                          FROM datasource AS d
                          CROSS JOIN lock AS l ON l.datasource = d.name
                         WHERE d.id = s.datasource_id
                           AND l.start_ms < s.end_ms AND s.start_ms < l.end_ms
                           AND (l.expires_ms IS NULL OR l.expires_ms > :wall_ms)))
  FROM segment AS s
 WHERE s.id = :segment;
