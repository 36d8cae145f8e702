-- What a kill knows of names while it works. Temporary, and made anew by each process.

-- Files that are to go, or that a dump brings, by each name by which a row would refer to them: the name itself and what
-- the disk calls it, and the folders above.
CREATE TEMP TABLE IF NOT EXISTS name (
    segment_id INTEGER NOT NULL,
    file_hash  INTEGER NOT NULL,
    file       TEXT    NOT NULL,
    is_self    INTEGER NOT NULL, -- 1: what is removed itself; 0: a folder above it
    PRIMARY KEY (segment_id, file_hash, file)
) STRICT, WITHOUT ROWID;

-- Segments that were looked at before their batch moves. refused: why one does not move after all.
CREATE TEMP TABLE IF NOT EXISTS surveyed (
    segment_id INTEGER PRIMARY KEY,
    real_file  TEXT,  -- what the disk calls the file, where that is another name
    located    TEXT,  -- where it lies itself, links on its way followed, where that is another name
    refused    TEXT
) STRICT;

-- Living segments that refer to a file by another name than the disk's: what the disk calls it, and what their name needs
-- on its way there: links, and folders from which it goes up.
CREATE TEMP TABLE IF NOT EXISTS alias (
    segment_id INTEGER NOT NULL,
    file_hash  INTEGER NOT NULL,
    file       TEXT    NOT NULL,
    is_link    INTEGER NOT NULL, -- 1: a link on the way, which is needed itself, but not what else lies behind it
    PRIMARY KEY (segment_id, file)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS temp.alias_file ON alias (file_hash, is_link);

-- Datasources with a living segment of which nobody can tell what it refers to: all their files stay.
CREATE TEMP TABLE IF NOT EXISTS protected (
    datasource_id INTEGER PRIMARY KEY
) STRICT;
