-- Locks that ended more than a day ago: they hold nothing any more. Reads lock once; locks are few.
-- :wall_ms  the wall clock
SELECT 'lock ' || l.id || ' of ' || l.owner || ' on ' || l.datasource || ', expired '
       || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', l.expires_ms / 1000, 'unixepoch'), l.expires_ms)
  FROM lock AS l
 WHERE l.expires_ms < :wall_ms - 86400000;
