-- Whose jobs the store remembers: by directory, how many that are not suspended, and the first of them.
SELECT directory, count(*), min(name) FROM job WHERE suspended = 0 AND directory IS NOT NULL GROUP BY directory ORDER BY directory;
