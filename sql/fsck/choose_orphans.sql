-- A page of orphans, numbered downward, in the transaction that moves them: without those that a row names by now, and
-- those whose interval someone has locked.
-- :after, :upto  the page: files above the one, up to the other
-- :newest        segments above this number came after the listing
-- :wall_ms       the wall clock
INSERT INTO temp.orphan (segment_id, file, file_hash, load_type, datasource, start_ms, end_ms, size)
SELECT (SELECT min(coalesce(min(g.segment_id), 0), 0) FROM gone AS g) - row_number() OVER (ORDER BY l.file),
       l.file, l.file_hash, l.load_type, l.datasource, l.start_ms, l.end_ms, l.size
  FROM temp.listed AS l
 WHERE l.file > :after AND l.file <= :upto
   AND NOT EXISTS (SELECT 1 FROM payload AS p WHERE p.file_hash = l.file_hash AND p.file = l.file)
   AND NOT EXISTS (SELECT 1 FROM deletion AS j
                    WHERE j.file_hash = l.file_hash AND j.file = l.file AND j.state <> 'done')
   AND NOT EXISTS (SELECT 1 FROM payload AS p
                    WHERE p.segment_id > :newest
                      AND l.file > rtrim(p.file, '/') || '/' AND l.file < rtrim(p.file, '/') || '0') -- '0' follows '/'
   AND NOT EXISTS (SELECT 1
                     FROM lock_span AS v
                     CROSS JOIN lock AS k
                             ON k.datasource = l.datasource AND k.digits = v.digits
                            AND k.start_ms > l.start_ms - v.below_ms AND k.start_ms < l.end_ms
                    WHERE l.start_ms < k.end_ms
                      AND (k.expires_ms IS NULL OR k.expires_ms > :wall_ms));
