-- The deletion journal: rows that are open, and those of them that deep storage refused.
SELECT count(*), coalesce(sum(state = 'pending' AND last_error IS NOT NULL), 0)
  FROM deletion INDEXED BY deletion_open
 WHERE state <> 'done';
