-- Closes the journal rows of files that are not there any more, all rows of each file together,
-- by whatever name.
-- :segments  JSON array of segment numbers, one a file
-- :wall_ms   the wall clock
-- :missing   1: they were not there although nobody had tried to delete them; their payloads stay. 0: deep storage has
--            confirmed that they are deleted
UPDATE deletion
   SET state = 'done', closed_ms = :wall_ms, attempts = attempts + (claimed_by IS NOT NULL), last_error = NULL,
       claimed_by = NULL, next_try_ms = 0, missing = :missing, payload = iif(:missing, payload, NULL)
 WHERE state <> 'done'
   AND segment_id IN (
        SELECT value FROM json_each(:segments)
        UNION
        SELECT twin.segment_id
          FROM json_each(:segments) AS j
          CROSS JOIN deletion AS one ON one.segment_id = j.value
          CROSS JOIN deletion AS twin ON coalesce(twin.located, twin.file) = coalesce(one.located, one.file)
         WHERE twin.state <> 'done');
