-- Who claims rows of the journal. Reads what is open, and what was closed as missing.
SELECT j.claimed_by
  FROM deletion AS j INDEXED BY deletion_open
 WHERE j.state <> 'done' AND j.claimed_by IS NOT NULL
UNION
SELECT j.claimed_by
  FROM deletion AS j INDEXED BY deletion_missing
 WHERE j.missing = 1 AND j.claimed_by IS NOT NULL;
