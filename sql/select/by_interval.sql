-- Who is meant: segments whose interval is contained in the asked one, of any or of some versions.
-- :step         the step whose rows these become
-- :used         the state they are to have, 0 or 1; segments that have it already are left out
-- :reason       number of the reason
-- :datasources  JSON array of datasource numbers
-- :start_ms, :end_ms  the asked interval, [start, end)
-- :versions     JSON array of versions, or NULL for every version
INSERT INTO change (step_id, segment_id, before, after, reason_id)
SELECT :step, s.id, s.used, :used, :reason
  FROM segment AS s
 WHERE s.datasource_id IN (SELECT value FROM json_each(:datasources))
   AND s.start_ms >= :start_ms AND s.start_ms < :end_ms
   AND s.end_ms <= :end_ms
   AND (:versions IS NULL OR s.version IN (SELECT value FROM json_each(:versions)))
   AND s.used <> :used;
