-- How many rule rows the store has.
SELECT count(*) FROM rule;
