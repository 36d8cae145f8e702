-- Forgets the survey of the batch before.
DELETE FROM temp.surveyed;
DELETE FROM temp.name;
