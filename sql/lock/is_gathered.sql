-- Whether the locked intervals are those of the file as it is: no other connection has written since.
SELECT EXISTS (SELECT 1 FROM temp.locked_as_of AS a
                WHERE a.data_version = (SELECT v.data_version FROM pragma_data_version AS v));
