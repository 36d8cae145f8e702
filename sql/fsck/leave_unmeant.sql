-- Takes out of a listing what a repair must leave alone: files that are young or lie unlike segments, and datasources
-- that were not asked for or, where none was, that the store never knew.
-- :before_ms    only files that were last written before
-- :datasources  JSON array of names, or NULL
DELETE FROM temp.listed
 WHERE modified_ms >= :before_ms
    OR datasource IS NULL
    OR CASE WHEN :datasources IS NULL
            THEN NOT EXISTS (SELECT 1 FROM datasource AS d WHERE d.name = listed.datasource)
            ELSE listed.datasource NOT IN (SELECT value FROM json_each(:datasources)) END;
