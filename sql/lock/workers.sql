-- Which processes have locked something.
SELECT DISTINCT worker FROM lock WHERE worker IS NOT NULL;
