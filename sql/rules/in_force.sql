-- The chains in force: the newest version of each datasource.
-- :datasource  a datasource's name or _default, or NULL for all
SELECT r.datasource, r.version, r.payload
  FROM rules AS r
 WHERE r.in_force = 1
   AND (:datasource IS NULL OR r.datasource = :datasource)
 ORDER BY r.datasource;
