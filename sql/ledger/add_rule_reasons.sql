-- The reasons that select/dropped_by_rules.sql gives.
INSERT INTO reason (text)
SELECT DISTINCT b.reason FROM temp.rule_box AS b WHERE b.effect = 'drop'
ON CONFLICT (text) DO NOTHING;
