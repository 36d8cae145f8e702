-- Takes out of a listing what a repair must leave alone: files that are young or lie unlike segments, and datasources
-- that were not asked for or, where none was, that never had a segment here (an orphan has a number below zero).
-- :before_ms    only files that were last written before
-- :datasources  JSON array of names, or NULL
DELETE FROM temp.listed
 WHERE modified_ms >= :before_ms
    OR datasource IS NULL
    OR CASE WHEN :datasources IS NULL
            THEN listed.datasource NOT IN (
                       SELECT d.name
                         FROM datasource AS d
                        WHERE EXISTS (SELECT 1 FROM segment AS s WHERE s.datasource_id = d.id)
                           OR EXISTS (SELECT 1 FROM gone AS g WHERE g.datasource_id = d.id AND g.segment_id > 0))
            ELSE listed.datasource NOT IN (SELECT value FROM json_each(:datasources)) END;
