-- How often hooks failed, by job and hook.
SELECT r.name, h.hook, count(*) FROM hook_failure AS h CROSS JOIN run AS r ON r.id = h.run_id GROUP BY r.name, h.hook;
