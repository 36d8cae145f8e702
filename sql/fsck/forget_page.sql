-- Empties the page of orphans.
DELETE FROM temp.orphan;
