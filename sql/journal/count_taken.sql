-- How many rows of the journal cannot come back because their ids are taken again (import --resurrect).
-- :segments  JSON array of segment numbers
SELECT count(*)
  FROM json_each(:segments) AS e
  CROSS JOIN gone AS g ON g.segment_id = e.value
 WHERE EXISTS (SELECT 1 FROM payload AS p WHERE p.id = g.id);
