-- Runs that go on, by job.
SELECT name, count(*) FROM run INDEXED BY run_open WHERE outcome = 'running' AND kind = 'job' GROUP BY name;
