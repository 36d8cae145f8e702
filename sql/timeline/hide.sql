-- Keeps for the statements of this step what the sweep has found hidden.
-- :segment, :datasource, :by  numbers
-- :youngest_ms  when the youngest segment that hides it was created or last marked used
INSERT INTO temp.hidden (datasource_id, segment_id, by_segment_id, youngest_ms)
VALUES (:datasource, :segment, :by, :youngest_ms);
