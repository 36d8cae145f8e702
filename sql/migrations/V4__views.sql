-- Views that answer operators' questions in plain SQL. Read-only, but for locks.
-- Stamps here are wall-clock times of the years 1970 to 9999.

-- One row a segment, readable. segment_key is the number that the ledger uses.
CREATE VIEW segments AS
SELECT
    p.id,
    d.name AS datasource,
    t.start,
    t."end",
    s.version,
    s.partition_num,
    CASE s.used WHEN 1 THEN 'used' ELSE 'unused' END AS state,
    s.size,
    p.num_rows,
    s.shard_type,
    s.core_partitions,
    s.load_type,
    p.file,
    t.used_status_last_updated,
    p.upgraded_from_segment_id,
    -- By the defaults of kill: 30 days unused (buffer_period P30D), and 90 days old (duration_to_retain
    -- P90D; a tombstone is exempt). NULL where killable_why_not says why.
    CASE WHEN s.used = 0 AND s.used_updated_ms <> 0 AND s.load_type IS NOT NULL
         THEN strftime('%Y-%m-%dT%H:%M:%SZ',
                  max(s.used_updated_ms + 2592000000,
                      CASE s.shard_type WHEN 'tombstone' THEN s.used_updated_ms
                           ELSE min(s.end_ms, 253402300799999 - 7776000000) + 7776000000 END) / 1000 + 1, 'unixepoch')
         END AS killable_at,
    CASE WHEN s.used = 1 THEN 'used'
         WHEN coalesce(s.used_updated_ms, 0) = 0 THEN 'never stamped: the next kill stamps it'
         WHEN s.load_type IS NULL THEN 'its payload has no loadSpec'
         END AS killable_why_not,
    s.used,
    s.start_ms,
    s.end_ms,
    s.id AS segment_key
FROM segment AS s
JOIN payload AS p ON p.segment_id = s.id
JOIN datasource AS d ON d.id = s.datasource_id
JOIN segment_text AS t ON t.segment_id = s.id;

-- One row a datasource that has segments. Sizes in bytes.
CREATE VIEW datasources AS
SELECT
    d.name AS datasource,
    n.segments,
    n.used,
    n.segments - n.used AS unused,
    n.used_size,
    n.unused_size,
    n.never_stamped
FROM datasource AS d
JOIN (SELECT s.datasource_id,
             count(*) AS segments,
             sum(s.used) AS used,
             sum(s.size * s.used) AS used_size,
             sum(s.size * (1 - s.used)) AS unused_size,
             sum(s.used = 0 AND coalesce(s.used_updated_ms, 0) = 0) AS never_stamped
        FROM segment AS s
       GROUP BY s.datasource_id) AS n ON n.datasource_id = d.id;

-- One row a run, newest last. changed counts segments whose state changed.
CREATE VIEW runs AS
SELECT
    r.id AS run,
    r.kind,
    r.name,
    strftime('%Y-%m-%dT%H:%M:%S.', r.logical_ms / 1000, 'unixepoch') || substr('00' || (r.logical_ms % 1000), -3) || 'Z' AS logical_time,
    strftime('%Y-%m-%dT%H:%M:%S.', r.started_ms / 1000, 'unixepoch') || substr('00' || (r.started_ms % 1000), -3) || 'Z' AS started,
    strftime('%Y-%m-%dT%H:%M:%S.', r.ended_ms / 1000, 'unixepoch') || substr('00' || (r.ended_ms % 1000), -3) || 'Z' AS ended,
    r.outcome,
    (SELECT count(*) FROM step AS st JOIN change AS c ON c.step_id = st.id WHERE st.run_id = r.id) AS changed,
    r.message
FROM run AS r;

-- One row a step of a run.
CREATE VIEW steps AS
SELECT
    st.run_id AS run,
    st.number AS step,
    st.op,
    st.selected,
    (SELECT count(*) FROM change AS c WHERE c.step_id = st.id) AS changed,
    st.skipped,
    st.arguments,
    st.report
FROM step AS st;

CREATE VIEW changes AS
-- A change of the state of one segment. It outlives the segment.
--   run, step, op   what changed it
--   id, datasource  the segment
--   before, after   `used` or `unused`; `gone` after a kill; NULL before a `kill --restore`
--   reason          `interval`, `ids`, `where …`, `overshadowed by …`, `rule 1 dropForever`, `tombstone`, `kill after
--                   P30D unused`, `import`, `sql` and others
--   started         when the run started, by the wall clock
--   segment_key     the number by which the ledger knows the segment
SELECT
    st.run_id AS run,
    st.number AS step,
    st.op,
    coalesce(p.id, g.id) AS id,
    d.name AS datasource,
    CASE c.before WHEN 1 THEN 'used' WHEN 0 THEN 'unused' END AS before,
    CASE c.after WHEN 1 THEN 'used' WHEN 0 THEN 'unused' ELSE 'gone' END AS after,
    re.text AS reason,
    strftime('%Y-%m-%dT%H:%M:%S.', r.started_ms / 1000, 'unixepoch') || substr('00' || (r.started_ms % 1000), -3) || 'Z' AS started,
    c.segment_id AS segment_key
FROM change AS c
JOIN step AS st ON st.id = c.step_id
JOIN run AS r ON r.id = st.run_id
JOIN reason AS re ON re.id = c.reason_id
LEFT JOIN segment AS s ON s.id = c.segment_id
LEFT JOIN payload AS p ON p.segment_id = c.segment_id
LEFT JOIN gone AS g ON g.segment_id = c.segment_id
LEFT JOIN datasource AS d ON d.id = coalesce(s.datasource_id, g.datasource_id);

-- The deletion journal: what a kill took out, and whether its file is gone.
CREATE VIEW deletions AS
SELECT
    st.run_id AS run,
    g.id,
    d.name AS datasource,
    j.state,
    j.load_type,
    j.file,
    g.size,
    j.attempts,
    j.last_error,
    strftime('%Y-%m-%dT%H:%M:%S.', j.moved_ms / 1000, 'unixepoch') || substr('00' || (j.moved_ms % 1000), -3) || 'Z' AS moved,
    strftime('%Y-%m-%dT%H:%M:%S.', j.closed_ms / 1000, 'unixepoch') || substr('00' || (j.closed_ms % 1000), -3) || 'Z' AS closed,
    j.segment_id AS segment_key
FROM deletion AS j
JOIN gone AS g ON g.segment_id = j.segment_id
JOIN datasource AS d ON d.id = g.datasource_id
JOIN step AS st ON st.id = g.step_id;

-- Locks. Other programs take and give back a lock with INSERT and DELETE. Times are text, such as
-- 2024-01-01T00:00:00Z; an expiry that is left out never comes.
CREATE VIEW locks AS
SELECT
    l.id,
    l.datasource,
    coalesce(fs.text, strftime('%Y-%m-%dT%H:%M:%S.', (l.start_ms - (l.start_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
        || substr('00' || ((l.start_ms % 1000 + 1000) % 1000), -3) || 'Z') AS start,
    coalesce(fe.text, strftime('%Y-%m-%dT%H:%M:%S.', (l.end_ms - (l.end_ms % 1000 + 1000) % 1000) / 1000, 'unixepoch')
        || substr('00' || ((l.end_ms % 1000 + 1000) % 1000), -3) || 'Z') AS "end",
    l.kind,
    l.owner,
    strftime('%Y-%m-%dT%H:%M:%S.', l.created_ms / 1000, 'unixepoch') || substr('00' || (l.created_ms % 1000), -3) || 'Z' AS created,
    strftime('%Y-%m-%dT%H:%M:%S.', l.expires_ms / 1000, 'unixepoch') || substr('00' || (l.expires_ms % 1000), -3) || 'Z' AS expires,
    l.start_ms,
    l.end_ms
FROM lock AS l
LEFT JOIN far_instant AS fs ON fs.ms = l.start_ms
LEFT JOIN far_instant AS fe ON fe.ms = l.end_ms;

-- Start and end are taken from start_ms and end_ms where those are given (eternity has no date text in SQLite).
CREATE TRIGGER locks_insert INSTEAD OF INSERT ON locks
BEGIN
    SELECT RAISE(ABORT, 'start and end must be instants such as 2024-01-01T00:00:00Z (or give start_ms and end_ms)')
     WHERE (NEW.start_ms IS NULL AND strftime('%s', NEW.start) IS NULL)
        OR (NEW.end_ms IS NULL AND strftime('%s', NEW."end") IS NULL)
        -- SQLite would read a lone number ('2024') as a Julian day, and the lock would lie elsewhere.
        OR (NEW.start_ms IS NULL AND NEW.start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*')
        OR (NEW.end_ms IS NULL AND NEW."end" NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*');
    SELECT RAISE(ABORT, 'expires must be an instant such as 2024-01-01T00:00:00Z, or be left out: then the lock holds until it is deleted')
     WHERE NEW.expires IS NOT NULL
       AND (strftime('%s', NEW.expires) IS NULL
            OR NEW.expires NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*');
    INSERT INTO lock (datasource, start_ms, end_ms, kind, owner, created_ms, expires_ms)
    VALUES (NEW.datasource,
            coalesce(NEW.start_ms, strftime('%s', NEW.start) * 1000 + substr(strftime('%f', NEW.start), 4)),
            coalesce(NEW.end_ms, strftime('%s', NEW."end") * 1000 + substr(strftime('%f', NEW."end"), 4)),
            coalesce(NEW.kind, 'replace'),
            NEW.owner,
            strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4),
            strftime('%s', NEW.expires) * 1000 + substr(strftime('%f', NEW.expires), 4));
END;

CREATE TRIGGER locks_delete INSTEAD OF DELETE ON locks
BEGIN
    DELETE FROM lock WHERE id = OLD.id;
END;
