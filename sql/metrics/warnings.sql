-- Warnings of runs of jobs that have ended, by job: all of them, the last of these runs, and that run's own.
-- :after  runs behind this one …
-- :upto   … and not behind that one
SELECT name, sum(warnings), max(id), warnings
  FROM (SELECT r.id, r.name,
               (SELECT coalesce(sum(st.warnings), 0) FROM step AS st WHERE st.run_id = r.id) AS warnings
          FROM run AS r
         WHERE r.id > :after AND r.id <= :upto AND r.kind = 'job' AND r.outcome NOT IN ('running', 'skipped'))
 GROUP BY name;
