-- Who set a chain of rules, when, and why: what Druid keeps in its audit table. NULL for chains that were imported, or
-- inserted by plain SQL.
ALTER TABLE rule ADD COLUMN author TEXT;
ALTER TABLE rule ADD COLUMN comment TEXT;
ALTER TABLE rule ADD COLUMN created_ms INTEGER; -- wall clock

-- One row a version of a chain, readable. in_force is 1 for the newest of its datasource; rules counts those in the chain.
CREATE VIEW rules AS
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
    json_array_length(r.payload) AS rules,
    r.payload
FROM rule AS r;

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
