-- Notes that a file could not be deleted, gives the claim back, and says when it is tried again: by the next run, as
-- somebody may have mended the cause; after the second failure in a minute, then twice as long after every further one,
-- up to six hours. A tenth more or less, so that what failed together is not tried together.
-- :segment  segment number
-- :worker   who tried
-- :error    what deep storage said
-- :wall_ms  the wall clock
UPDATE deletion
   SET attempts = attempts + 1, last_error = :error, claimed_by = NULL,
       next_try_ms = iif(attempts = 0, :wall_ms,
                         :wall_ms + min(21600000, 60000 << min(attempts - 1, 10)) * (90 + abs(random() % 21)) / 100)
 WHERE segment_id = :segment AND state = 'pending' AND claimed_by = :worker;
