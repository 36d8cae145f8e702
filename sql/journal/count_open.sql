-- The journal's open rows: those whose file another worker is at, by this row or by another one of the file; the rest of
-- the pending ones; the deferred ones; and how many of the second nobody has tried yet. Reads what is open.
-- :worker   who asks
-- :wall_ms  the wall clock
WITH work AS MATERIALIZED (
        SELECT coalesce(j.located, j.file) AS place, j.segment_id
          FROM deletion AS j INDEXED BY deletion_open
         WHERE j.state <> 'done' AND j.claimed_by <> :worker AND j.next_try_ms > :wall_ms
), open AS (
        SELECT j.state, j.last_error,
               j.segment_id IN (SELECT w.segment_id FROM work AS w)
               OR coalesce(j.located, j.file) IN (SELECT w.place FROM work AS w WHERE w.place IS NOT NULL) IS TRUE AS in_work
          FROM deletion AS j INDEXED BY deletion_open
         WHERE j.state <> 'done'
)
SELECT coalesce(sum(state = 'pending' AND in_work), 0),
       coalesce(sum(state = 'pending' AND NOT in_work), 0),
       coalesce(sum(state = 'deferred'), 0),
       coalesce(sum(state = 'pending' AND NOT in_work AND last_error IS NULL), 0)
  FROM open;
