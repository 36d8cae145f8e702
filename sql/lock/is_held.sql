-- Whether a lock is still held. Numbers of locks come again, so it must also be of that age.
-- :lock        its number
-- :created_ms  when it was taken
-- :wall_ms     the wall clock
SELECT EXISTS (SELECT 1 FROM lock AS l
                WHERE l.id = :lock AND l.created_ms = :created_ms
                  AND (l.expires_ms IS NULL OR l.expires_ms > :wall_ms));
