-- The files of living segments on a disk, to ask it what it calls them. Reads segment once, and the payload's row of
-- what is local.
SELECT s.id, s.datasource_id, p.file
  FROM segment AS s
  CROSS JOIN payload AS p ON p.segment_id = s.id
 WHERE s.load_type = 'local' AND p.file IS NOT NULL;
