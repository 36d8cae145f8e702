-- The number of the newest segment, before a listing begins: of later ones it knows nothing.
SELECT coalesce(max(id), 0) FROM segment;
