-- Whether a lock overlaps an interval is asked for each row of an UPDATE, and of each file of a repair, however many locks
-- there are. Which of those that begin before the interval reach into it, an index by their beginning does not tell; of
-- locks that are about as long as each other it does, since they begin not much before.

-- How many hexadecimal digits a lock's length has: less than 16 to that power of milliseconds.
ALTER TABLE lock ADD COLUMN digits INTEGER GENERATED ALWAYS AS (length(printf('%x', end_ms - start_ms))) VIRTUAL;

CREATE TABLE lock_span (
    digits   INTEGER PRIMARY KEY,
    below_ms INTEGER NOT NULL -- locks of so many digits are shorter than this
) STRICT;

INSERT INTO lock_span (digits, below_ms)
WITH RECURSIVE n (digits, below_ms) AS (SELECT 1, 16 UNION ALL SELECT digits + 1, below_ms * 16 FROM n WHERE digits < 15)
SELECT digits, below_ms FROM n
UNION ALL
SELECT 16, 9223372036854775807;

CREATE INDEX lock_by_span ON lock (datasource, digits, start_ms, end_ms, expires_ms);

-- As before, but for how locks are looked up.
DROP TRIGGER druid_segments_mark;

-- A mark by plain SQL: the same checks, the same stamp and the same ledger as a mark by the program.
-- A statement is a run: that of its time whose number is beyond the highest one from before the statement, which
-- sqlite_sequence has until the statement ends.
CREATE TRIGGER druid_segments_mark
INSTEAD OF UPDATE OF used ON druid_segments
WHEN OLD.used IS NOT NEW.used
BEGIN
    SELECT RAISE(ABORT, 'used must be 0 or 1')
     WHERE NEW.used IS NULL OR NEW.used NOT IN (0, 1);

    SELECT RAISE(ABORT, 'the interval of a segment is locked; nothing was changed. Who holds it: SELECT * FROM locks')
     WHERE EXISTS (
        SELECT 1
          FROM lock_span AS v
          CROSS JOIN lock AS l
                  ON l.datasource = OLD.dataSource AND l.digits = v.digits
                 AND l.start_ms > OLD.start_ms - v.below_ms AND l.start_ms < OLD.end_ms
         WHERE OLD.start_ms < l.end_ms
           AND (l.expires_ms IS NULL
                OR l.expires_ms > strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)));

    INSERT INTO run (kind, name, logical_ms, started_ms, ended_ms, outcome)
    SELECT 'sql', 'sql', n.ms, n.ms, n.ms, 'done'
      FROM (SELECT strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4) AS ms) AS n
     WHERE NOT EXISTS (SELECT 1 FROM run AS r
                        WHERE r.id > coalesce((SELECT q.seq FROM sqlite_sequence AS q WHERE q.name = 'run'), 0)
                          AND r.kind = 'sql' AND r.started_ms = n.ms);

    INSERT INTO step (run_id, number, op)
    SELECT r.id, 1, 'sql'
      FROM (SELECT max(o.id) AS id
              FROM run AS o
             WHERE o.id > coalesce((SELECT q.seq FROM sqlite_sequence AS q WHERE q.name = 'run'), 0)
               AND o.kind = 'sql') AS r
     WHERE NOT EXISTS (SELECT 1 FROM step AS st WHERE st.run_id = r.id AND st.number = 1);

    -- Not OR IGNORE: the word after UPDATE OR … would take its place.
    INSERT INTO reason (text) SELECT 'sql' WHERE NOT EXISTS (SELECT 1 FROM reason AS re WHERE re.text = 'sql');

    INSERT INTO change (step_id, segment_id, before, after, reason_id)
    SELECT st.id, p.segment_id, OLD.used, NEW.used, (SELECT re.id FROM reason AS re WHERE re.text = 'sql')
      FROM payload AS p
      JOIN step AS st ON st.run_id = (SELECT max(o.id)
                                        FROM run AS o
                                       WHERE o.id > coalesce((SELECT q.seq FROM sqlite_sequence AS q WHERE q.name = 'run'), 0)
                                         AND o.kind = 'sql')
                     AND st.number = 1
     WHERE p.id = OLD.id
    -- UPDATE … FROM may name a segment more than once.
    ON CONFLICT (step_id, segment_id) DO UPDATE SET after = excluded.after;

    UPDATE segment
       SET used = NEW.used,
           used_updated_ms = strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
     WHERE id = (SELECT p.segment_id FROM payload AS p WHERE p.id = OLD.id);
END;
