-- A sign of life of whoever acts. No row: somebody else acts by now.
-- :worker      the process
-- :term        its term
-- :wall_ms     the wall clock
-- :expires_ms  when the lease ends without a further sign
-- :expires_awake_ms  the same by the time for which the machine has been awake
UPDATE lease SET renewed_ms = :wall_ms, expires_ms = :expires_ms, expires_awake_ms = :expires_awake_ms
 WHERE name = 'scheduler' AND worker = :worker AND term = :term;
