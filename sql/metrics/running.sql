-- Runs that go on, by job and process; those in their first transaction as well.
SELECT name, worker FROM run INDEXED BY run_open WHERE outcome = 'running' AND kind = 'job'
 UNION ALL
SELECT name, worker FROM starting_run;
