-- The versions of a datasource's chain, newest first.
-- :datasource  a datasource's name, or _default
-- :count       how many at most
SELECT r.version, r.author, r.comment, r.created, r.in_force, r.rules, r.payload
  FROM rules AS r
 WHERE r.datasource = :datasource
 ORDER BY r.version DESC, r.in_force DESC
 LIMIT :count;
