-- How many different ids a list has.
-- :ids  JSON array of text ids
SELECT count(DISTINCT j.value) FROM json_each(:ids) AS j;
