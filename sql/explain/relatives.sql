-- Who shares a segment's file, by the terms of apply/defer.sql: rows of the same file, living or in the journal, and
-- parent, children and siblings by upgraded_from_segment_id of the segment and of open journal rows of its file.
-- :segment  its number, also of one that is gone
-- :limit    how many at most
WITH base AS (
    SELECT p.segment_id, p.id, p.upgraded_from_segment_id AS parent, p.file, p.file_hash
      FROM payload AS p
     WHERE p.segment_id = :segment
    UNION ALL
    SELECT j.segment_id, g.id, j.upgraded_from_segment_id, j.file, j.file_hash
      FROM deletion AS j
      CROSS JOIN gone AS g ON g.segment_id = j.segment_id
     WHERE j.segment_id = :segment
), mate AS (
    SELECT j.segment_id, g.id, j.upgraded_from_segment_id AS parent, j.state
      FROM base AS b
      CROSS JOIN deletion AS j INDEXED BY deletion_file ON j.file_hash = b.file_hash AND j.file = b.file
      CROSS JOIN gone AS g ON g.segment_id = j.segment_id
     WHERE j.file_hash IS NOT NULL AND j.state <> 'done'
), kin AS (
    SELECT b.id, b.parent FROM base AS b
    UNION
    SELECT m.id, m.parent FROM mate AS m
), living AS (
    SELECT p.segment_id, p.id, 1 AS rank
      FROM base AS b
      CROSS JOIN payload AS p INDEXED BY payload_file ON p.file_hash = b.file_hash AND p.file = b.file
     WHERE p.file_hash IS NOT NULL
    UNION ALL
    SELECT p.segment_id, p.id, 2 FROM kin AS k CROSS JOIN payload AS p ON p.id = k.parent
    UNION ALL
    SELECT p.segment_id, p.id, 3
      FROM kin AS k
      CROSS JOIN payload AS p INDEXED BY payload_upgraded_from ON p.upgraded_from_segment_id = k.id
     WHERE p.upgraded_from_segment_id IS NOT NULL
    UNION ALL
    SELECT p.segment_id, p.id, 4
      FROM kin AS k
      CROSS JOIN payload AS p INDEXED BY payload_upgraded_from ON p.upgraded_from_segment_id = k.parent
     WHERE p.upgraded_from_segment_id IS NOT NULL
)
SELECT l.id,
       CASE min(l.rank) WHEN 1 THEN 'same file' WHEN 2 THEN 'parent' WHEN 3 THEN 'child' ELSE 'sibling' END,
       CASE s.used WHEN 1 THEN 'used' ELSE 'unused' END
  FROM living AS l
  CROSS JOIN segment AS s ON s.id = l.segment_id
 WHERE l.segment_id <> :segment
 GROUP BY l.segment_id
UNION ALL
SELECT m.id, 'same file', 'killed, file ' || m.state FROM mate AS m WHERE m.segment_id <> :segment
 ORDER BY 3, 2, 1
 LIMIT :limit;
