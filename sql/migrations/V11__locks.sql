-- Locks by plain SQL say what is wrong with them, and keep out of each other's way as those of `lopper lock add` do.

DROP VIEW locks;

-- AUTOINCREMENT, because people remember a lock's number, and must not remove another's by it.
-- (A renamed table would take the triggers along that read it.)
CREATE TABLE old_lock AS SELECT * FROM lock;
DROP TABLE lock;
CREATE TABLE lock (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    datasource TEXT    NOT NULL CHECK (datasource <> ''),
    start_ms   INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('append', 'replace', 'read', 'kill')),
    owner      TEXT    NOT NULL CHECK (owner <> ''),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,               -- NULL: until it is removed
    worker     TEXT,                  -- the process whose run's own lock this is; it ends with it. NULL: nobody can tell
    CHECK (start_ms <= end_ms)
) STRICT;
INSERT INTO lock (id, datasource, start_ms, end_ms, kind, owner, created_ms, expires_ms)
SELECT id, datasource, start_ms, end_ms, kind, owner, created_ms, expires_ms FROM old_lock;
DROP TABLE old_lock;
CREATE INDEX lock_datasource ON lock (datasource, start_ms);

CREATE VIEW locks AS
-- A lock on an interval that somebody works on. INSERT takes a lock, DELETE releases it.
--   id                the number of the lock
--   datasource        the datasource
--   start, end        the interval, as text such as 2024-01-01T00:00:00Z
--   kind              `append`, `replace`, `read` or `kill`; `replace` if an INSERT leaves it out
--   owner             who holds it
--   created, expires  when it was taken, and when it ends by itself; NULL: never
--   state             `held`, or `expired`: then it binds nobody
--   start_ms, end_ms  the interval in milliseconds since 1970-01-01T00:00:00Z; an INSERT may give these instead of the
--                     text
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
    CASE WHEN l.expires_ms <= strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)
         THEN 'expired' ELSE 'held' END AS state,
    l.start_ms,
    l.end_ms
FROM lock AS l
LEFT JOIN far_instant AS fs ON fs.ms = l.start_ms
LEFT JOIN far_instant AS fe ON fe.ms = l.end_ms;

-- Start and end are taken from start_ms and end_ms where those are given (eternity has no date text in SQLite).
CREATE TRIGGER locks_insert INSTEAD OF INSERT ON locks
BEGIN
    SELECT RAISE(ABORT, 'datasource must name a datasource')
     WHERE coalesce(NEW.datasource, '') = '';
    SELECT RAISE(ABORT, 'owner must say who holds the lock, such as compaction-7')
     WHERE coalesce(NEW.owner, '') = '';
    SELECT RAISE(ABORT, 'kind must be append, replace, read or kill, or be left out: then it is replace')
     WHERE NEW.kind IS NOT NULL AND NEW.kind NOT IN ('append', 'replace', 'read', 'kill');
    SELECT RAISE(ABORT, 'start_ms and end_ms must be whole numbers: milliseconds since 1970-01-01T00:00:00Z')
     WHERE typeof(NEW.start_ms) NOT IN ('integer', 'null') OR typeof(NEW.end_ms) NOT IN ('integer', 'null');
    -- SQLite would read a lone number ('2024') as a Julian day, and 31 February as a day of March: the lock would lie
    -- elsewhere. So the day must come back as it was written.
    SELECT RAISE(ABORT, 'start and end must be instants such as 2024-01-01T00:00:00Z (or give start_ms and end_ms)')
     WHERE (NEW.start_ms IS NULL
            AND (strftime('%s', NEW.start) IS NULL
                 OR date(substr(NEW.start, 1, 10), '+0 days') IS NOT substr(NEW.start, 1, 10)))
        OR (NEW.end_ms IS NULL
            AND (strftime('%s', NEW."end") IS NULL
                 OR date(substr(NEW."end", 1, 10), '+0 days') IS NOT substr(NEW."end", 1, 10)));
    SELECT RAISE(ABORT, 'expires must be an instant such as 2024-01-01T00:00:00Z, or be left out: then the lock holds until it is deleted')
     WHERE NEW.expires IS NOT NULL
       AND (strftime('%s', NEW.expires) IS NULL
            OR date(substr(NEW.expires, 1, 10), '+0 days') IS NOT substr(NEW.expires, 1, 10));
    SELECT RAISE(ABORT, 'start must lie before end: an interval of no length would lock nothing')
     WHERE coalesce(NEW.start_ms, strftime('%s', NEW.start) * 1000 + substr(strftime('%f', NEW.start), 4))
        >= coalesce(NEW.end_ms, strftime('%s', NEW."end") * 1000 + substr(strftime('%f', NEW."end"), 4));
    SELECT RAISE(ABORT, 'another owner holds a lock that overlaps it, and only read locks share; nothing was locked. Who holds it: SELECT * FROM locks')
     WHERE EXISTS (
        SELECT 1 FROM lock AS l
         WHERE l.datasource = NEW.datasource
           AND l.start_ms < coalesce(NEW.end_ms, strftime('%s', NEW."end") * 1000 + substr(strftime('%f', NEW."end"), 4))
           AND l.end_ms > coalesce(NEW.start_ms, strftime('%s', NEW.start) * 1000 + substr(strftime('%f', NEW.start), 4))
           AND l.owner <> NEW.owner
           AND (l.kind <> 'read' OR coalesce(NEW.kind, 'replace') <> 'read')
           AND (l.expires_ms IS NULL
                OR l.expires_ms > strftime('%s', 'now') * 1000 + substr(strftime('%f', 'now'), 4)));
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

-- A lock is taken and given back whole, so that nobody prolongs one that has expired meanwhile.
CREATE TRIGGER locks_no_update INSTEAD OF UPDATE ON locks
BEGIN
    SELECT RAISE(ABORT, 'a lock is not changed. DELETE FROM locks WHERE id = …, then INSERT INTO locks the new one');
END;
