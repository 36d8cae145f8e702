-- Keeps the boxes of a pass for the view rule_matches.
-- :logical_ms  the pass's "now"
INSERT INTO main.rule_box (datasource_id, box, rule, chain, effect, reason, start_min, start_max, end_min, end_max, logical_ms)
SELECT b.datasource_id, b.box, b.rule, b.chain, b.effect, b.reason, b.start_min, b.start_max, b.end_min, b.end_max, :logical_ms
  FROM temp.rule_box AS b;
