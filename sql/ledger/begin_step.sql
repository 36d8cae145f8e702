-- A step of a run begins.
-- :run        the run
-- :number     1, 2, … within the run
-- :op         the operation
-- :arguments  its arguments as JSON
INSERT INTO step (run_id, number, op, arguments) VALUES (:run, :number, :op, :arguments);
