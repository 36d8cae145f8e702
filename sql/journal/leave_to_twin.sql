-- Gives back claims of the batch on files that another row stands for: one row of a file is claimed, whatever
-- rows call it, and whoever closes it closes all. A row that waits ('deferred') stands for its file while someone claims it: it is just coming back.
UPDATE deletion
   SET claimed_by = NULL, next_try_ms = 0
 WHERE segment_id IN (SELECT b.segment_id FROM temp.batch AS b)
   AND state = 'pending' AND claimed_by IS NOT NULL
   AND EXISTS (SELECT 1
                 FROM deletion AS twin
                WHERE coalesce(twin.located, twin.file) = coalesce(deletion.located, deletion.file)
                  AND twin.state <> 'done'
                  AND twin.claimed_by IS NOT NULL
                  AND (twin.claimed_by <> deletion.claimed_by
                       OR (twin.state = 'pending' AND twin.segment_id < deletion.segment_id)));
