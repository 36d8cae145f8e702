-- Notes when jobs fire next, where that is not what a decided fire left: of new jobs, and of other schedules.
-- :fires  JSON array of objects: name, next_fire_ms
UPDATE job
   SET next_fire_ms = f.value ->> 'next_fire_ms'
  FROM json_each(:fires) AS f
 WHERE job.name = f.value ->> 'name' AND job.suspended = 0;
