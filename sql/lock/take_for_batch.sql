-- Locks what a kill has just moved into the journal: in each datasource of the batch, from the first start to the last
-- end.
-- :owner       the run's name as an owner
-- :worker      the process
-- :wall_ms     the wall clock
-- :expires_ms  when the lock ends by itself, should the kill die
INSERT INTO lock (datasource, start_ms, end_ms, kind, owner, worker, created_ms, expires_ms)
SELECT d.name, min(g.start_ms), max(g.end_ms), 'kill', :owner, :worker, :wall_ms, :expires_ms
  FROM temp.batch AS b
  CROSS JOIN gone AS g ON g.segment_id = b.segment_id
  CROSS JOIN datasource AS d ON d.id = g.datasource_id
 GROUP BY g.datasource_id;
