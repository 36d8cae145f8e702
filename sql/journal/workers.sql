-- Who claims rows of the journal. Reads what is pending; that is little, as most of it is done at once.
SELECT DISTINCT j.claimed_by
  FROM deletion AS j INDEXED BY deletion_open
 WHERE j.state = 'pending' AND j.state <> 'done'  -- 'done': for the partial index
   AND j.claimed_by IS NOT NULL;
