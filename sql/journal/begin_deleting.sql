-- Says that an attempt to delete files begins, before it does.
-- :segments  JSON array of segment numbers
-- :worker    who has claimed them
UPDATE deletion
   SET begun = 1
 WHERE segment_id IN (SELECT value FROM json_each(:segments)) AND begun = 0 AND state = 'pending' AND claimed_by = :worker;
