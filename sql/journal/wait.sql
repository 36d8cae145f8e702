-- Lets claimed files wait in the journal: a living row refers to something in them.
-- :segments  JSON array of segment numbers
-- :worker    who has claimed them
UPDATE deletion
   SET state = 'deferred', claimed_by = NULL, next_try_ms = 0
 WHERE segment_id IN (SELECT value FROM json_each(:segments)) AND state = 'pending' AND claimed_by = :worker;
