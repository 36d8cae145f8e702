-- Why files could not be deleted: for each reason the file that has waited longest, what was said of it, and how many
-- files there are. Reasons that differ in the name of the file alone are one. Reads what is open.
-- :limit  reasons at most
SELECT min(j.segment_id) AS first, j.file, j.last_error, count(*) AS files
  FROM deletion AS j INDEXED BY deletion_open
 WHERE j.state = 'pending' AND j.state <> 'done' AND j.last_error IS NOT NULL
 GROUP BY replace(replace(j.last_error, coalesce(j.file, ''), ''), substr(coalesce(j.file, ''), 6), '') -- behind `file:`
 ORDER BY files DESC, first
 LIMIT :limit;
