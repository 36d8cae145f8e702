-- How many segments the store had of the dump's datasources that the dump has not.
-- :datasources  their numbers, a JSON array
-- :newest       the highest number of a segment before the import
SELECT count(*)
  FROM json_each(:datasources) AS d
  CROSS JOIN segment AS s ON s.datasource_id = d.value
 WHERE +s.id <= :newest
   AND NOT EXISTS (SELECT 1 FROM temp.seen AS t WHERE t.segment_id = s.id);
