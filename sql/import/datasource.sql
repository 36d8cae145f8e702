-- The number of a datasource.
SELECT id FROM datasource WHERE name = :name;
