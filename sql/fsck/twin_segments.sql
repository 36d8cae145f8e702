-- Segments that are one and the same: of one datasource, interval, version and partition. Reads segment once, not its
-- indexes, which may be what is wrong, and sorts it, on disk if need be.
SELECT coalesce((SELECT p.id FROM payload AS p WHERE p.segment_id = t.segment_id), 'segment ' || t.segment_id)
       || ': ' || t.count || ' rows'
  FROM (SELECT min(s.id) AS segment_id, count(*) AS count
          FROM segment AS s NOT INDEXED
         GROUP BY s.datasource_id, s.start_ms, s.end_ms, s.version, s.partition_num
        HAVING count(*) > 1) AS t;
