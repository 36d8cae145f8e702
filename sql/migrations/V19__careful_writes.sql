-- What plain SQL may write, and what views do with it: one bad row must not keep the others from being read, and every
-- statement is a run of its own.

-- Whether a datasource and an interval are locked is asked for each row of a statement: from the index alone.
DROP INDEX lock_datasource;
CREATE INDEX lock_datasource ON lock (datasource, start_ms, end_ms, expires_ms);

-- Two statements within a millisecond are two runs.
DROP INDEX run_sql;
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
        SELECT 1 FROM lock AS l
         WHERE l.datasource = OLD.dataSource
           AND l.start_ms < OLD.end_ms AND OLD.start_ms < l.end_ms
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

-- A text that is not UTF-8, or that has a NUL in it, would be read by nobody: such a row is refused. SQLite decodes what
-- is wrong as another character than it was, so that the characters written anew differ. Texts of ASCII alone are not
-- looked at closer, others in pieces.
DROP TRIGGER druid_rules_insert;

-- A new version of a chain. The version may be left out (now), and so may the id.
CREATE TRIGGER druid_rules_insert INSTEAD OF INSERT ON druid_rules
BEGIN
    SELECT RAISE(ABORT, 'dataSource must name a datasource, or _default')
     WHERE coalesce(NEW.dataSource, '') = '';
    SELECT RAISE(ABORT, 'payload must be a JSON array of rules, such as [{"type":"loadForever","tieredReplicants":{"_default_tier":2}}]')
     WHERE typeof(NEW.payload) <> 'text';
    SELECT RAISE(ABORT, 'dataSource, id and payload must be texts in valid UTF-8, without NUL characters')
      FROM (SELECT NEW.dataSource AS text UNION ALL SELECT NEW.id UNION ALL SELECT NEW.payload) AS t
     WHERE typeof(t.text) = 'blob'
        OR instr(t.text, char(0)) > 0
        OR t.text GLOB '*[^' || char(1) || '-' || char(127) || ']*'
           AND EXISTS (
                WITH RECURSIVE piece (at, text) AS (
                    SELECT 1, substr(t.text, 1, 256)
                    UNION ALL
                    SELECT p.at + 256, substr(t.text, p.at + 256, 256)
                      FROM piece AS p
                     WHERE substr(t.text, p.at + 256, 1) <> ''
                ), place (at) AS (
                    SELECT 1 UNION ALL SELECT o.at + 1 FROM place AS o WHERE o.at < 256
                )
                SELECT 1
                  FROM piece AS p
                  CROSS JOIN place AS o
                 WHERE p.text GLOB '*[^' || char(1) || '-' || char(127) || ']*'
                   AND substr(p.text, o.at, 1) <> ''
                   AND CAST(substr(p.text, o.at, 1) AS BLOB)
                       <> CAST(char(unicode(substr(p.text, o.at, 1))) AS BLOB));
    SELECT RAISE(ABORT, 'payload must be a JSON array of rules, such as [{"type":"loadForever","tieredReplicants":{"_default_tier":2}}]')
     WHERE CASE WHEN json_valid(NEW.payload) THEN json_type(NEW.payload) <> 'array' ELSE 1 END;
    SELECT RAISE(ABORT, 'every rule must be a JSON object with a type, such as {"type":"dropForever"}')
     WHERE EXISTS (SELECT 1 FROM json_each(NEW.payload) AS j
                    WHERE CASE j.type WHEN 'object' THEN coalesce(json_type(j.value, '$.type'), '') <> 'text' ELSE 1 END);
    -- Versions are compared as text, so they must all have one form.
    SELECT RAISE(ABORT, 'version must be an instant such as 2024-01-01T00:00:00.000Z, or be left out: then it is now')
     WHERE NEW.version IS NOT NULL
       AND strftime('%Y-%m-%dT%H:%M:%fZ', NEW.version) IS NOT NEW.version;
    -- Also for INSERT OR REPLACE, which would rewrite history.
    SELECT RAISE(ABORT, 'there is a rule row of this id already, and a rule row is never changed. INSERT a row with a newer version')
     WHERE EXISTS (SELECT 1 FROM rule AS r
                    WHERE r.rule_id = coalesce(NEW.id, NEW.dataSource || '_'
                                               || coalesce(NEW.version, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))));
    INSERT INTO rule (rule_id, datasource, version, payload)
    SELECT coalesce(NEW.id, NEW.dataSource || '_' || v.version), NEW.dataSource, v.version, NEW.payload
      FROM (SELECT coalesce(NEW.version, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) AS version) AS v;
END;

-- Beside locks_insert, which says what else is wrong with a lock.
CREATE TRIGGER locks_insert_texts INSTEAD OF INSERT ON locks
BEGIN
    SELECT RAISE(ABORT, 'datasource and owner must be texts in valid UTF-8, without NUL characters')
      FROM (SELECT NEW.datasource AS text UNION ALL SELECT NEW.owner) AS t
     WHERE typeof(t.text) = 'blob'
        OR instr(t.text, char(0)) > 0
        OR t.text GLOB '*[^' || char(1) || '-' || char(127) || ']*'
           AND EXISTS (
                WITH RECURSIVE piece (at, text) AS (
                    SELECT 1, substr(t.text, 1, 256)
                    UNION ALL
                    SELECT p.at + 256, substr(t.text, p.at + 256, 256)
                      FROM piece AS p
                     WHERE substr(t.text, p.at + 256, 1) <> ''
                ), place (at) AS (
                    SELECT 1 UNION ALL SELECT o.at + 1 FROM place AS o WHERE o.at < 256
                )
                SELECT 1
                  FROM piece AS p
                  CROSS JOIN place AS o
                 WHERE p.text GLOB '*[^' || char(1) || '-' || char(127) || ']*'
                   AND substr(p.text, o.at, 1) <> ''
                   AND CAST(substr(p.text, o.at, 1) AS BLOB)
                       <> CAST(char(unicode(substr(p.text, o.at, 1))) AS BLOB));
END;

DROP VIEW rules;
DROP VIEW datasources;

CREATE VIEW rules AS
-- A version of a chain of rules, and who set it. `lopper rules` reads and writes them.
--   datasource, version  as in `druid_rules`
--   author, comment      who set the chain, and why; NULL where it was imported, or inserted by plain SQL
--   created              when it was set, by the wall clock; NULL in the same cases
--   in_force             1 for the newest version of its datasource, else 0
--   rules                the number of rules in the chain; NULL where the payload is no JSON
--   payload              the chain, a JSON array
SELECT
    r.datasource,
    r.version,
    r.author,
    r.comment,
    strftime('%Y-%m-%dT%H:%M:%S.', r.created_ms / 1000, 'unixepoch') || substr('00' || (r.created_ms % 1000), -3) || 'Z' AS created,
    NOT EXISTS (SELECT 1 FROM rule AS n
                 WHERE n.datasource = r.datasource
                   AND n.version >= r.version
                   AND (n.version > r.version OR n.id > r.id)) AS in_force,
    CASE WHEN json_valid(r.payload) THEN json_array_length(r.payload) END AS rules,
    r.payload
FROM rule AS r;

CREATE VIEW datasources AS
-- A datasource that has segments.
--   datasource              its name
--   segments, used, unused  numbers of segments
--   used_size, unused_size  bytes; a sum beyond 64 bits is a floating-point number
--   never_stamped           unused segments without a stamp: the next kill stamps them, which starts their buffer
--                           period
--   overshadowed            used segments that others hid in the last pass of `enforce-rules`; NULL while that is
--                           unknown, as in `segments`
--   killable                unused segments that the defaults of `kill` allow to delete now; places of deep storage
--                           and locks are not considered
SELECT
    d.name AS datasource,
    n.segments,
    n.used,
    n.segments - n.used AS unused,
    n.used_high * 4294967296 + n.used_low AS used_size,
    n.unused_high * 4294967296 + n.unused_low AS unused_size,
    n.never_stamped,
    CASE WHEN d.overshadowed_as_of_ms IS NOT NULL THEN n.overshadowed END AS overshadowed,
    n.killable
FROM datasource AS d
JOIN (SELECT s.datasource_id,
             count(*) AS segments,
             sum(s.used = 1) AS used,
             sum((s.size >> 32) * (s.used = 1)) AS used_high,
             sum((s.size & 4294967295) * (s.used = 1)) AS used_low,
             sum((s.size >> 32) * (s.used <> 1)) AS unused_high,
             sum((s.size & 4294967295) * (s.used <> 1)) AS unused_low,
             sum(s.used = 0 AND coalesce(s.used_updated_ms, 0) = 0) AS never_stamped,
             sum(s.used = 1 AND EXISTS (SELECT 1 FROM overshadowed AS o WHERE o.segment_id = s.id)) AS overshadowed,
             sum(s.used = 0 AND s.load_type IS NOT NULL AND coalesce(s.used_updated_ms, 0) <> 0
                 AND s.used_updated_ms <= strftime('%s', 'now') * 1000 - 2592000000
                 AND (s.end_ms <= strftime('%s', 'now') * 1000 - 7776000000 OR s.shard_type = 'tombstone')) AS killable
        FROM segment AS s
       GROUP BY s.datasource_id) AS n ON n.datasource_id = d.id;

-- The views' refusals went with them.

CREATE TRIGGER rules_no_update INSTEAD OF UPDATE ON rules
BEGIN
    SELECT RAISE(ABORT, 'a chain is never changed, a newer one takes its place. Use: lopper rules set DATASOURCE FILE');
END;

CREATE TRIGGER rules_no_insert INSTEAD OF INSERT ON rules
BEGIN
    SELECT RAISE(ABORT, 'rules is for reading. Use: lopper rules set DATASOURCE FILE, or INSERT INTO druid_rules (dataSource, payload) VALUES (…)');
END;

CREATE TRIGGER rules_no_delete INSTEAD OF DELETE ON rules
BEGIN
    SELECT RAISE(ABORT, 'chains are history. To clear the one in force: echo [] | lopper rules set DATASOURCE');
END;

CREATE TRIGGER datasources_no_update INSTEAD OF UPDATE ON datasources
BEGIN
    SELECT RAISE(ABORT, 'datasources counts segments. Use: lopper mark-unused DATASOURCE, or lopper mark-used DATASOURCE');
END;

CREATE TRIGGER datasources_no_insert INSTEAD OF INSERT ON datasources
BEGIN
    SELECT RAISE(ABORT, 'datasources come with their segments. Use: lopper import FILE');
END;

CREATE TRIGGER datasources_no_delete INSTEAD OF DELETE ON datasources
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: lopper mark-unused DATASOURCE --all, then lopper kill DATASOURCE');
END;
