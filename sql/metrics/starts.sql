-- Of each job the last run that began for a fire: the run, its fire, and its start.
-- :after  runs behind this one …
-- :upto   … and not behind that one
SELECT name, max(id), logical_ms, started_ms
  FROM run
 WHERE id > :after AND id <= :upto AND kind = 'job' AND cause <> 'hand' AND attempt = 1 AND outcome <> 'skipped'
 GROUP BY name;
