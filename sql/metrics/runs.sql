-- How runs of jobs ended, by job and outcome: how many, the earlier fires that they passed over, how long they took
-- (also as a histogram, each bucket with all below it), when the last one ended, and which it was.
-- :after  runs behind this one …
-- :upto   … and not behind that one
SELECT name, outcome, count(*), sum(missed), sum(ms),
       sum(ms <= 100), sum(ms <= 500), sum(ms <= 1000), sum(ms <= 5000), sum(ms <= 15000), sum(ms <= 60000),
       sum(ms <= 300000), sum(ms <= 1800000), sum(ms <= 7200000),
       max(ended_ms), max(id)
  FROM (SELECT id, name, outcome, missed, ended_ms, max(ended_ms - started_ms, 0) AS ms
          FROM run
         WHERE id > :after AND id <= :upto AND kind = 'job' AND outcome <> 'running')
 GROUP BY name, outcome;
