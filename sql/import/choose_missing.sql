-- Who is meant by --replace: segments that the store had and the dump has not.
-- :newest  the highest number of a segment before the import
INSERT INTO temp.batch (segment_id)
SELECT s.id
  FROM segment AS s
 WHERE +s.id <= :newest
   AND NOT EXISTS (SELECT 1 FROM temp.seen AS t WHERE t.segment_id = s.id);
