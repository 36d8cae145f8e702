-- How many of the states that an import has turned were set by lopper, or by SQL in the store: the last change before was
-- none of an import. The ledger has no index by segment: of each earlier step, the shorter of the two lists is gone
-- through, its own changes or what the import has turned.
-- :step    the step
-- :turned  how many segments it has turned
WITH earlier AS (
    SELECT mine.segment_id, st.id AS step_id
      FROM step AS st
      CROSS JOIN change AS c ON c.step_id = st.id
      CROSS JOIN change AS mine ON mine.step_id = :step AND mine.segment_id = c.segment_id
     WHERE st.id < :step AND coalesce(st.changed, 1) BETWEEN 1 AND :turned
    UNION ALL
    SELECT mine.segment_id, st.id
      FROM step AS st
      CROSS JOIN change AS mine ON mine.step_id = :step
      CROSS JOIN change AS c ON c.step_id = st.id AND c.segment_id = mine.segment_id
     WHERE st.id < :step AND st.changed > :turned
), last AS (
    SELECT segment_id, max(step_id) AS step_id FROM earlier GROUP BY segment_id
)
SELECT count(*)
  FROM last AS l
  CROSS JOIN step AS st ON st.id = l.step_id
 WHERE st.op <> 'import';
