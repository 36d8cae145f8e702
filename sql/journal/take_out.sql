-- Takes rows that have come back out of the journal.
-- :segments  JSON array of segment numbers
DELETE FROM deletion WHERE segment_id IN (SELECT value FROM json_each(:segments));
