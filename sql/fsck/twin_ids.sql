-- Text ids that several payloads have. Reads payload once, not its index, which may be what is wrong, and sorts the ids,
-- on disk if need be.
SELECT p.id || ': ' || count(*) || ' rows'
  FROM payload AS p NOT INDEXED
 GROUP BY p.id
HAVING count(*) > 1;
