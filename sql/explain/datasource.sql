-- The number of a datasource.
-- :name  its name
SELECT d.id FROM datasource AS d WHERE d.name = :name;
