-- Removes rule rows that the dump does not have (--replace).
DELETE FROM rule WHERE rule_id NOT IN (SELECT t.rule_id FROM temp.seen_rule AS t);
