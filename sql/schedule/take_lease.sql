-- Takes the lease when nobody has it, or what is known to have ended still stands. No row: somebody else was faster.
-- :worker      the process
-- :ended_term  the term whose holder is gone; NULL when there was none
-- :renewed_ms  its last sign of life, as far as it is known
-- :wall_ms     the wall clock
-- :expires_ms  when it ends without a further sign
-- :expires_awake_ms  the same by the time for which the machine has been awake
INSERT INTO lease (name, worker, term, taken_ms, renewed_ms, expires_ms, expires_awake_ms)
VALUES ('scheduler', :worker, 1, :wall_ms, :wall_ms, :expires_ms, :expires_awake_ms)
ON CONFLICT (name) DO UPDATE
   SET worker = excluded.worker, term = lease.term + 1, taken_ms = excluded.taken_ms,
       renewed_ms = excluded.renewed_ms, expires_ms = excluded.expires_ms, expires_awake_ms = excluded.expires_awake_ms
 WHERE lease.term = :ended_term AND lease.renewed_ms = :renewed_ms
RETURNING term;
