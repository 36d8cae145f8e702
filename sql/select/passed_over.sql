-- Why unused segments are not killed: the first condition that each one fails, counted. Same conditions and
-- parameters as killable.sql, and one more.
-- :known_types  JSON array of the load spec types that can be configured
WITH judged AS (
    SELECT CASE
        WHEN NOT (s.start_ms >= :start_ms AND s.start_ms < :end_ms AND s.end_ms <= :end_ms) THEN 'outside the interval'
        WHEN NOT (:versions IS NULL OR s.version IN (SELECT value FROM json_each(:versions))) THEN 'another version'
        WHEN :keep_versions IS NOT NULL
             AND EXISTS (SELECT 1 FROM temp.kept AS k
                          WHERE k.datasource_id = s.datasource_id AND k.start_ms = s.start_ms AND k.end_ms = s.end_ms
                            AND k.version = s.version)
            THEN 'one of the versions to keep'
        WHEN coalesce(s.used_updated_ms, 0) = 0 THEN 'never stamped'
        WHEN s.used_updated_ms > :unused_by_ms THEN 'within the buffer period'
        WHEN NOT (:ended_by_ms IS NULL OR s.end_ms <= :ended_by_ms OR s.shard_type = 'tombstone') THEN 'within the duration to retain'
        WHEN s.load_type IS NULL THEN 'no load spec'
        WHEN NOT EXISTS (SELECT 1 FROM json_each(:places) AS j WHERE j.value ->> 'type' = s.load_type)
            THEN 'load spec type ' || s.load_type
                 || iif(s.load_type IN (SELECT value FROM json_each(:known_types)), ' is not configured', ' is not supported')
        WHEN NOT EXISTS (SELECT 1
                           FROM json_each(:places) AS j
                           CROSS JOIN payload AS p ON p.segment_id = s.id
                          WHERE j.value ->> 'type' = s.load_type
                            AND (j.value ->> 'prefix' IS NULL
                                 OR substr(p.file, 1, length(j.value ->> 'prefix')) = j.value ->> 'prefix'))
            THEN 'outside the configured deep storage'
        WHEN :skip_locked
             AND coalesce((SELECT l.end_ms FROM temp.locked AS l
                            WHERE l.datasource_id = s.datasource_id AND l.start_ms < s.end_ms
                            ORDER BY l.start_ms DESC
                            LIMIT 1) > s.start_ms, 0) THEN 'locked'
        END AS why
      FROM segment AS s INDEXED BY segment_unused
     WHERE s.used = 0
       AND s.datasource_id IN (SELECT value FROM json_each(:datasources))
)
SELECT why, count(*) FROM judged WHERE why IS NOT NULL GROUP BY why ORDER BY why;
