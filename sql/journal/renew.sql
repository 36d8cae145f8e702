-- Renews the claims of a worker, and names the rows that are still its own.
-- :segments  JSON array of segment numbers
-- :worker    who claims
-- :until_ms  when the claims expire now
UPDATE deletion
   SET next_try_ms = :until_ms
 WHERE segment_id IN (SELECT value FROM json_each(:segments))
   AND state = 'pending' AND claimed_by = :worker
RETURNING segment_id;
