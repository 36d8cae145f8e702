-- Which datasources of a repair are neither in the store nor in a listing of deep storage.
-- :datasources  JSON array of names
SELECT j.value
  FROM json_each(:datasources) AS j
 WHERE NOT EXISTS (SELECT 1 FROM datasource AS d WHERE d.name = j.value)
   AND NOT EXISTS (SELECT 1 FROM temp.listed AS l WHERE l.datasource = j.value);
