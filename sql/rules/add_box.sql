-- One box of a datasource's chain: parameters by the names of the columns.
INSERT INTO temp.rule_box (datasource_id, box, rule, chain, effect, reason, start_min, start_max, end_min, end_max)
VALUES (:datasource, :box, :rule, :chain, :effect, :reason, :start_min, :start_max, :end_min, :end_max);
