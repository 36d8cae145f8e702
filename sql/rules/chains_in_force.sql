-- The rule chain in force of each datasource: the payload of its newest version, NULL where it has none.
-- :datasources  JSON array of datasource numbers
SELECT d.id, d.name,
       (SELECT r.payload FROM rule AS r WHERE r.datasource = d.name ORDER BY r.version DESC, r.id DESC LIMIT 1)
  FROM datasource AS d
 WHERE d.id IN (SELECT value FROM json_each(:datasources))
 ORDER BY d.name;
