-- How many hidden segments are left alone because what hides them is still young.
-- :settled_before_ms  what hides them must be older (now - overshadow_grace)
SELECT count(*) FROM temp.hidden AS h WHERE h.youngest_ms >= :settled_before_ms;
