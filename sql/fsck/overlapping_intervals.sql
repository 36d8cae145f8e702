-- Used segments of one version whose different intervals overlap: one row for each interval that begins before the end
-- of an earlier one of its datasource and version. Reads segment once and sorts the used ones, on disk if need be; no
-- join of segments with segments. The earlier segment is looked up for the examples alone.
-- :limit  how many rows name the earlier segment
SELECT 'segments ''' || coalesce((SELECT p.id
                                    FROM segment AS e
                                    CROSS JOIN payload AS p ON p.segment_id = e.id
                                   WHERE f.number <= :limit
                                     AND e.datasource_id = f.datasource_id AND e.start_ms <= f.start_ms
                                     AND e.end_ms = f.ends_ms AND e.version = f.version AND e.used = 1
                                   ORDER BY e.start_ms, e.id
                                   LIMIT 1), '') || ''' and ''' || coalesce(q.id, 'segment ' || f.segment_id) || ''''
  FROM (SELECT c.*, row_number() OVER () AS number
          FROM (SELECT g.*,
                       max(g.end_ms) OVER (PARTITION BY g.datasource_id, g.version
                                           ORDER BY g.start_ms, g.end_ms
                                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ends_ms
                  FROM (SELECT s.datasource_id, s.version, s.start_ms, s.end_ms, min(s.id) AS segment_id
                          FROM segment AS s NOT INDEXED
                         WHERE s.used = 1
                         GROUP BY s.datasource_id, s.version, s.start_ms, s.end_ms) AS g) AS c
         WHERE c.ends_ms > c.start_ms) AS f
  LEFT JOIN payload AS q ON q.segment_id = f.segment_id;
