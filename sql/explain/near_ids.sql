-- The ids that stand before and behind one that is not there, for "did you mean".
-- :id  the id
SELECT id FROM (SELECT p.id FROM payload AS p WHERE p.id < :id ORDER BY p.id DESC LIMIT 3)
UNION ALL
SELECT id FROM (SELECT p.id FROM payload AS p WHERE p.id > :id ORDER BY p.id LIMIT 3);
