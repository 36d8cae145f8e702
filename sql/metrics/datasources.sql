-- Used and unused segments and their bytes, by datasource (in two halves, since a sum beyond 64 bits would fail). It reads every segment once: not to be asked at every scrape.
SELECT d.name, n.used, n.used_bytes, n.segments - n.used, n.unused_bytes
  FROM (SELECT datasource_id, count(*) AS segments, sum(used = 1) AS used,
               CAST(sum((size >> 32) * (used = 1)) * 4294967296 + sum((size & 4294967295) * (used = 1)) AS INTEGER) AS used_bytes,
               CAST(sum((size >> 32) * (used <> 1)) * 4294967296 + sum((size & 4294967295) * (used <> 1)) AS INTEGER) AS unused_bytes
          FROM segment NOT INDEXED
         GROUP BY datasource_id) AS n
  CROSS JOIN datasource AS d ON d.id = n.datasource_id
 ORDER BY d.name;
