-- Boxes of rules whose datasource is not there. Reads rule_box once, which has some hundred rows.
SELECT 'box ' || b.box || ' of datasource number ' || b.datasource_id
  FROM rule_box AS b
 WHERE NOT EXISTS (SELECT 1 FROM datasource AS d WHERE d.id = b.datasource_id);
