-- Who claims rows of the journal. Reads what is open.
SELECT DISTINCT j.claimed_by
  FROM deletion AS j INDEXED BY deletion_open
 WHERE j.state <> 'done' AND j.claimed_by IS NOT NULL;
