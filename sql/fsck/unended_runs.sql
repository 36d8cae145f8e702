-- Runs without an end: they died, or run now. Reads run once.
SELECT 'run ' || r.id || ' (' || r.name || '), started '
       || strftime('%Y-%m-%dT%H:%M:%SZ', r.started_ms / 1000, 'unixepoch')
  FROM run AS r
 WHERE r.outcome = 'running' OR r.ended_ms IS NULL;
