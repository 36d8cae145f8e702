-- Joins the locks that are held (any kind, not expired) to intervals that do not overlap, in temp.locked. What only
-- touches stays apart: a segment of no length between two locks is in neither.
-- :wall_ms  the wall clock
INSERT INTO temp.locked (datasource_id, start_ms, end_ms)
SELECT r.datasource_id, min(r.start_ms), max(r.end_ms)
  FROM (SELECT b.*, sum(b.begins) OVER (PARTITION BY b.datasource_id ORDER BY b.start_ms) AS number
          FROM (SELECT l.*,
                       coalesce(l.start_ms >= max(l.end_ms) OVER (PARTITION BY l.datasource_id ORDER BY l.start_ms
                                                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                                1) AS begins
                  FROM (SELECT d.id AS datasource_id, k.start_ms, max(k.end_ms) AS end_ms
                          FROM lock AS k
                          CROSS JOIN datasource AS d ON d.name = k.datasource
                         WHERE k.expires_ms IS NULL OR k.expires_ms > :wall_ms
                         GROUP BY d.id, k.start_ms) AS l) AS b) AS r
 GROUP BY r.datasource_id, r.number;
