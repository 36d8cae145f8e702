-- What is to be looked at before a batch moves: the next of temp.candidate that are still unused, and their files.
-- :after, :upto  positions in the list: behind the one, up to the other
SELECT s.id, s.load_type, p.file, d.name
  FROM temp.candidate AS c
  CROSS JOIN segment AS s ON s.id = c.segment_id
  CROSS JOIN payload AS p ON p.segment_id = s.id
  CROSS JOIN datasource AS d ON d.id = s.datasource_id
 WHERE c.position > :after AND c.position <= :upto AND s.used = 0;
