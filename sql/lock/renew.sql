-- Prolongs what a process has locked for a run of its own.
-- :worker      the process
-- :expires_ms  when the lock ends by itself, should the process die
UPDATE lock SET expires_ms = :expires_ms WHERE worker = :worker;
