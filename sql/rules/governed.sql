-- Every datasource that has segments or rules, _default among them: its number where it has segments, the chain in force
-- where it has one, and whether the patterns mean it, as in select/datasources.sql.
-- :patterns  JSON array of names and GLOB patterns, or NULL for all
SELECT n.name, n.id, r.version, r.payload,
       :patterns IS NULL
       OR EXISTS (SELECT 1 FROM json_each(:patterns) AS j
                   WHERE CASE WHEN j.value NOT GLOB '*[*?]*'
                                   AND EXISTS (SELECT 1 FROM datasource AS x WHERE x.name = j.value)
                              THEN n.name = j.value
                              ELSE n.name GLOB j.value OR n.name = j.value END) AS meant
  FROM (SELECT u.name, max(u.id) AS id
          FROM (SELECT d.name, d.id
                  FROM datasource AS d
                 WHERE EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)
                 UNION ALL
                SELECT r.datasource, NULL FROM rule AS r) AS u
         GROUP BY u.name) AS n
  LEFT JOIN rules AS r ON r.datasource = n.name AND r.in_force = 1
 ORDER BY n.name <> '_default', n.name;
