-- Takes the boxes of a datasource out: it is left alone in this step.
-- :datasource  its number
DELETE FROM temp.rule_box WHERE datasource_id = :datasource;
