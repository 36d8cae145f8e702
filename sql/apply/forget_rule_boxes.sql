-- Forgets the boxes of an earlier pass.
-- :datasources  JSON array of datasource numbers
DELETE FROM main.rule_box WHERE datasource_id IN (SELECT value FROM json_each(:datasources));
