-- Takes a lock.
-- :datasource         its name
-- :start_ms, :end_ms  the interval
-- :kind               append, replace, read or kill
-- :owner              who holds it
-- :wall_ms            the wall clock
-- :expires_ms         when it ends by itself
INSERT INTO lock (datasource, start_ms, end_ms, kind, owner, created_ms, expires_ms)
VALUES (:datasource, :start_ms, :end_ms, :kind, :owner, :wall_ms, :expires_ms);
