-- Versions of a chain that several rows claim to be. Reads rule_datasource once.
SELECT r.datasource || ', version ' || r.version || ': ' || count(*) || ' rows'
  FROM rule AS r
 GROUP BY r.datasource, r.version
HAVING count(*) > 1;
