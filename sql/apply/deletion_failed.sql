-- Notes that a file could not be deleted. The row stays pending for the next kill.
-- :segment  segment number
-- :error    what deep storage said
UPDATE deletion SET attempts = attempts + 1, last_error = :error WHERE segment_id = :segment AND state = 'pending';
