-- The scheduled time of a run that died is to be run again, where it was begun with that; one that dies each time is not
-- caught up with for ever.
-- :run      the run
-- :wall_ms  the wall clock
-- :most     runs of that time that may die until it is not caught up with any more
UPDATE job
   SET retry_ms = :wall_ms + cut_short_ms, retry_cause = cut_short_cause
  FROM run AS r
 WHERE r.id = :run AND r.kind = 'job' AND r.cause <> 'hand'
   AND job.name = r.name AND job.last_fire_ms = r.logical_ms AND job.attempt = r.attempt
   AND job.cut_short_ms IS NOT NULL AND job.suspended = 0
   AND (job.cut_short_cause = 'schedule'
        OR :most > (SELECT count(*) FROM run AS q
                     WHERE q.name = r.name AND q.logical_ms = r.logical_ms AND q.cause <> 'hand' AND q.id <> r.id
                       AND q.outcome = 'died'));
