-- Takes back the ledger rows of segments that a dump turned and, by a later row, turned back.
-- :step  the step
DELETE FROM change WHERE step_id = :step AND before = after;
