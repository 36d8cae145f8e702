-- Used and unused segments and their bytes, by datasource. It reads every segment once: not to be asked at every scrape.
SELECT d.name, n.used, n.used_bytes, n.segments - n.used, n.bytes - n.used_bytes
  FROM (SELECT datasource_id, count(*) AS segments, sum(size) AS bytes, sum(used) AS used, sum(size * used) AS used_bytes
          FROM segment NOT INDEXED
         GROUP BY datasource_id) AS n
  CROSS JOIN datasource AS d ON d.id = n.datasource_id
 ORDER BY d.name;
