-- Whether no other run has begun a step since: then no segment has come, and none has changed its state.
-- :step  the last step of that moment
-- :run   the run that asks
SELECT NOT EXISTS (SELECT 1 FROM step WHERE id > :step AND run_id <> :run);
