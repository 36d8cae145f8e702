-- How many segments by_interval.sql means, whatever their state.
-- :datasources  JSON array of datasource numbers
-- :start_ms, :end_ms  the asked interval, [start, end)
-- :versions     JSON array of versions, or NULL for every version
SELECT count(*)
  FROM segment AS s
 WHERE s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND s.start_ms >= :start_ms AND s.start_ms < :end_ms
   AND s.end_ms <= :end_ms
   AND (:versions IS NULL OR s.version IN (SELECT value FROM json_each(:versions)));
