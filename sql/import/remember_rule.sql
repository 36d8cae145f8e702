-- Remembers that the dump has a rule row.
-- :id  Druid's id of the row
INSERT OR IGNORE INTO temp.seen_rule (rule_id) VALUES (:id);
