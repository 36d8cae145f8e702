-- Removes locks, whoever holds them, and tells which they were.
-- :ids      JSON array of numbers
-- :owner    all of this owner; NULL for nobody's
-- :wall_ms  all that have expired by then; NULL for none
DELETE FROM lock
 WHERE id IN (SELECT value FROM json_each(:ids)) OR owner = :owner OR expires_ms <= :wall_ms
RETURNING id, datasource, start_ms, end_ms, kind, owner, created_ms, expires_ms;
