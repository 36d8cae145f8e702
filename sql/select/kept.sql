-- Finds the newest unused versions of each interval, of which a kill takes none, into temp.kept. One sort of what is
-- unused, however many versions an interval has.
-- Versions compare as Java compares strings, by UTF-16 code units. SQLite compares bytes of UTF-8, which is the same but
-- for characters beyond U+FFFF: those are compared as the surrogates that UTF-16 has in their place.
-- :datasources      JSON array of datasource numbers
-- :start_ms, :end_ms  only intervals contained in [start, end)
-- :keep_versions    so many of the newest unused versions of each interval; NULL: none
-- :segment          a segment that counts as unused, whatever it is; -1 for none
INSERT INTO temp.kept (datasource_id, start_ms, end_ms, version, segment_id)
WITH version AS MATERIALIZED (
    SELECT u.datasource_id, u.start_ms, u.end_ms, u.version, min(u.id) AS segment_id
      FROM (SELECT s.datasource_id, s.start_ms, s.end_ms, s.version, s.id
              FROM segment AS s INDEXED BY segment_unused
             WHERE s.used = 0
               AND s.datasource_id IN (SELECT value FROM json_each(:datasources))
               AND s.start_ms >= :start_ms AND s.start_ms < :end_ms AND s.end_ms <= :end_ms
               AND :keep_versions IS NOT NULL
            UNION ALL
            SELECT s.datasource_id, s.start_ms, s.end_ms, s.version, s.id
              FROM segment AS s
             WHERE s.id = :segment AND :keep_versions IS NOT NULL) AS u
     GROUP BY u.datasource_id, u.start_ms, u.end_ms, u.version
), placed AS (
    SELECT v.*,
           row_number() OVER (
               PARTITION BY v.datasource_id, v.start_ms, v.end_ms
               ORDER BY CASE WHEN v.version NOT GLOB '*[' || char(65536) || '-' || char(1114111) || ']*' THEN v.version
                        ELSE (WITH RECURSIVE walk (at, units) AS (
                                  SELECT 1, ''
                                  UNION ALL
                                  SELECT at + 1,
                                         units || CASE WHEN unicode(substr(v.version, at, 1)) < 65536
                                                       THEN substr(v.version, at, 1)
                                                       ELSE char(55296 + (unicode(substr(v.version, at, 1)) - 65536) / 1024,
                                                                 56320 + (unicode(substr(v.version, at, 1)) - 65536) % 1024)
                                                       END
                                    FROM walk
                                   WHERE at <= length(v.version))
                              SELECT units FROM walk ORDER BY at DESC LIMIT 1)
                        END DESC) AS place
      FROM version AS v
)
SELECT p.datasource_id, p.start_ms, p.end_ms, p.version, p.segment_id
  FROM placed AS p
 WHERE p.place <= :keep_versions;
