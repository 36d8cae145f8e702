-- The rule chains of one moment as plain bounds: the columns of rule_box. Temporary: apply/keep_rule_boxes.sql keeps
-- those of a pass.
CREATE TEMP TABLE IF NOT EXISTS rule_box (
    datasource_id INTEGER NOT NULL,
    box           INTEGER NOT NULL,
    rule          INTEGER,
    chain         TEXT,
    effect        TEXT NOT NULL,
    reason        TEXT,
    start_min     INTEGER NOT NULL,
    start_max     INTEGER NOT NULL,
    end_min       INTEGER NOT NULL,
    end_max       INTEGER NOT NULL,
    PRIMARY KEY (datasource_id, box)
) WITHOUT ROWID;
DELETE FROM temp.rule_box;
