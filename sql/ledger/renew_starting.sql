-- A sign of life of the run that a process begins, while its first transaction waits for somebody else.
-- :worker            the process
-- :expires_ms        until when it counts as living without a further sign
-- :expires_awake_ms  the same by the time for which the machine has been awake
UPDATE starting_run SET expires_ms = :expires_ms, expires_awake_ms = :expires_awake_ms WHERE worker = :worker;
