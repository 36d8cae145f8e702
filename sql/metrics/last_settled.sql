-- The last run such that it and all before it have ended: what they came to does not change any more. 0: none.
SELECT coalesce((SELECT min(id) - 1 FROM run WHERE outcome = 'running'), (SELECT max(id) FROM run), 0);
