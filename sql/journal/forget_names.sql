-- Forgets the name plates of segments that have come back.
-- :segments  JSON array of segment numbers
DELETE FROM gone WHERE segment_id IN (SELECT value FROM json_each(:segments));
