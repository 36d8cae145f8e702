-- Two names of one file on a disk are one file: what would be removed lies in one place, however rows call it.

-- Where the file, or the link of its name, lies itself, links on its way followed; NULL where that is its own name.
ALTER TABLE deletion ADD COLUMN located TEXT;

-- Of open rows: who else has the file, and what lies below a folder. Whoever asks says `coalesce(located, file)`.
CREATE INDEX deletion_located ON deletion (coalesce(located, file)) WHERE state <> 'done';
