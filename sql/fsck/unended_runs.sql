-- Runs without an end that do not live: their time is over without a further sign of life. Reads run once.
-- :wall_ms  the wall clock
SELECT 'run ' || r.id || ' (' || r.name || '), started '
       || strftime('%Y-%m-%dT%H:%M:%SZ', r.started_ms / 1000, 'unixepoch')
  FROM run AS r
 WHERE (r.outcome = 'running' OR r.ended_ms IS NULL)
   AND (r.outcome <> 'running' OR coalesce(r.expires_ms, 0) <= :wall_ms);
