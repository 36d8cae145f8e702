-- Datasources whose sizes come to more than 64 bits can hold. Reads segment once.
SELECT coalesce(d.name, 'datasource ' || n.datasource_id) || ': about ' || printf('%.3g', n.size) || ' bytes'
  FROM (SELECT s.datasource_id, total(s.size) AS size
          FROM segment AS s NOT INDEXED
         GROUP BY s.datasource_id
        HAVING total(s.size) > 9223372036854775807) AS n
  LEFT JOIN datasource AS d ON d.id = n.datasource_id;
