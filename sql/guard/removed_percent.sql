-- Of which datasource an import with --replace takes out and turns the largest share of the rows, compared with
-- max_removed_percent. The store as a whole loses no larger share than the datasource that loses most.
-- :step    the step
-- :newest  the highest number of a segment before the import: shares are of what the store had
WITH touched AS (
    SELECT s.datasource_id, 1 AS removed, 0 AS turned
      FROM temp.batch AS b
      CROSS JOIN segment AS s ON s.id = b.segment_id
    UNION ALL
    SELECT s.datasource_id, 0, 1
      FROM change AS c
      CROSS JOIN segment AS s ON s.id = c.segment_id
     WHERE c.step_id = :step AND c.after IS NOT NULL AND c.segment_id <= :newest
), share AS (
    SELECT datasource_id, sum(removed) AS removed, sum(turned) AS turned,
           (SELECT count(*) FROM segment AS s WHERE s.datasource_id = t.datasource_id AND +s.id <= :newest) AS rows
      FROM touched AS t
     GROUP BY datasource_id
)
SELECT d.name, h.removed, h.turned, h.rows, 100.0 * (h.removed + h.turned) / h.rows AS percent
  FROM share AS h
  CROSS JOIN datasource AS d ON d.id = h.datasource_id
 ORDER BY percent DESC, d.name
 LIMIT 1;
