-- Notes which segments findings are about.
-- :boxes  JSON array of [finding, datasource number, start_min, start_max, end_min, end_max], bounds inclusive, in ms
INSERT INTO temp.finding_box (finding, datasource_id, start_min, start_max, end_min, end_max)
SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4, j.value ->> 5
  FROM json_each(:boxes) AS j;
