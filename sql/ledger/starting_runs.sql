-- The runs whose first transaction goes on, the latest first, each with its process.
SELECT 'job', name, logical_time, started, worker FROM starting_runs ORDER BY started DESC, name;
