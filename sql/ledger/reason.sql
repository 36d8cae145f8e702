-- The number of a reason.
-- :text  the reason
SELECT id FROM reason WHERE text = :text;
