-- Druid's own two tables, as views: its names, its columns, its text forms. `used` can be updated, and rule
-- rows can be inserted; every other write is refused with the command to use instead.
--
-- Everything here must work in a stock sqlite3 shell of version 3.40.

-- Instants as text, once for all views. SQLite's date functions know the years 0000 to 9999; the
-- few others are looked up.
CREATE VIEW segment_text AS
SELECT
    s.id AS segment_id,
    CASE WHEN s.start_ms BETWEEN -62167219200000 AND 253402300799999
         THEN strftime('%Y-%m-%dT%H:%M:%S.', (s.start_ms - (s.start_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
              || substr('00' || ((s.start_ms % 1000 + 1000) % 1000), -3) || 'Z'
         ELSE (SELECT f.text FROM far_instant AS f WHERE f.ms = s.start_ms) END AS start,
    CASE WHEN s.end_ms BETWEEN -62167219200000 AND 253402300799999
         THEN strftime('%Y-%m-%dT%H:%M:%S.', (s.end_ms - (s.end_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
              || substr('00' || ((s.end_ms % 1000 + 1000) % 1000), -3) || 'Z'
         ELSE (SELECT f.text FROM far_instant AS f WHERE f.ms = s.end_ms) END AS "end",
    strftime('%Y-%m-%dT%H:%M:%S.', (s.used_updated_ms - (s.used_updated_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
        || substr('00' || ((s.used_updated_ms % 1000 + 1000) % 1000), -3) || 'Z' AS used_status_last_updated
FROM segment AS s;

CREATE VIEW druid_segments AS
SELECT
    p.id,
    d.name AS dataSource,
    strftime('%Y-%m-%dT%H:%M:%S.', (p.created_ms - (p.created_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
        || substr('00' || ((p.created_ms % 1000 + 1000) % 1000), -3) || 'Z' AS created_date,
    t.start,
    t."end",
    p.partitioned,
    s.version,
    s.used,
    p.payload,
    t.used_status_last_updated,
    p.upgraded_from_segment_id,
    p.schema_fingerprint,
    p.num_rows,
    p.indexing_state_fingerprint,
    s.start_ms,
    s.end_ms
FROM segment AS s
JOIN payload AS p ON p.segment_id = s.id
JOIN datasource AS d ON d.id = s.datasource_id
JOIN segment_text AS t ON t.segment_id = s.id;

-- A mark by plain SQL: the same checks, the same stamp and the same ledger as a mark by the program.
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
     WHERE NOT EXISTS (SELECT 1 FROM run AS r WHERE r.kind = 'sql' AND r.started_ms = n.ms);

    INSERT INTO step (run_id, number, op)
    SELECT r.id, 1, 'sql'
      FROM run AS r
     WHERE r.kind = 'sql'
       AND r.started_ms = strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
       AND NOT EXISTS (SELECT 1 FROM step AS st WHERE st.run_id = r.id AND st.number = 1);

    -- Not OR IGNORE: the word after UPDATE OR … would take its place.
    INSERT INTO reason (text) SELECT 'sql' WHERE NOT EXISTS (SELECT 1 FROM reason AS re WHERE re.text = 'sql');

    INSERT INTO change (step_id, segment_id, before, after, reason_id)
    SELECT st.id, p.segment_id, OLD.used, NEW.used, (SELECT re.id FROM reason AS re WHERE re.text = 'sql')
      FROM payload AS p
      JOIN run AS r ON r.kind = 'sql'
                   AND r.started_ms = strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
      JOIN step AS st ON st.run_id = r.id AND st.number = 1
     WHERE p.id = OLD.id
    -- Two statements within one millisecond are one run: the first "before" and the last "after" stand.
    ON CONFLICT (step_id, segment_id) DO UPDATE SET after = excluded.after;

    UPDATE segment
       SET used = NEW.used,
           used_updated_ms = strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
     WHERE id = (SELECT p.segment_id FROM payload AS p WHERE p.id = OLD.id);
END;

CREATE TRIGGER druid_segments_no_update
INSTEAD OF UPDATE OF id, dataSource, created_date, start, "end", partitioned, version, payload,
    used_status_last_updated, upgraded_from_segment_id, schema_fingerprint, num_rows,
    indexing_state_fingerprint, start_ms, end_ms ON druid_segments
BEGIN
    SELECT RAISE(ABORT, 'only used can be updated here. Other columns come from Druid: lopper import FILE');
END;

CREATE TRIGGER druid_segments_no_insert INSTEAD OF INSERT ON druid_segments
BEGIN
    SELECT RAISE(ABORT, 'segments are not inserted here. Use: lopper import FILE');
END;

CREATE TRIGGER druid_segments_no_delete INSTEAD OF DELETE ON druid_segments
BEGIN
    SELECT RAISE(ABORT, 'a DELETE would orphan files. Use: UPDATE druid_segments SET used = 0 WHERE …, then lopper kill DATASOURCE');
END;

CREATE VIEW druid_rules AS
-- Druid's own rule table. INSERT adds a version of a chain.
--   id          `{dataSource}_{version}`
--   dataSource  the datasource, or `_default`
--   version     an instant; the newest row of a datasource is in force
--   payload     the chain, a JSON array of rules
SELECT r.rule_id AS id, r.datasource AS dataSource, r.version, r.payload FROM rule AS r;

-- A new version of a chain. The version may be left out (now), and so may the id.
CREATE TRIGGER druid_rules_insert INSTEAD OF INSERT ON druid_rules
BEGIN
    SELECT RAISE(ABORT, 'dataSource must name a datasource, or _default')
     WHERE coalesce(NEW.dataSource, '') = '';
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

CREATE TRIGGER druid_rules_no_update INSTEAD OF UPDATE ON druid_rules
BEGIN
    SELECT RAISE(ABORT, 'a rule row is never changed. INSERT a row with a newer version: it takes its place');
END;

CREATE TRIGGER druid_rules_no_delete INSTEAD OF DELETE ON druid_rules
BEGIN
    SELECT RAISE(ABORT, 'rule rows are history. INSERT a row with a newer version (an empty chain is [])');
END;
