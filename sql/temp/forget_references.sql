-- Forgets what is known of names, before it is looked at anew.
DELETE FROM temp.alias;
DELETE FROM temp.protected;
DELETE FROM temp.name;
DELETE FROM temp.surveyed;
