-- The table of migrations, as the crate refinery makes it.
CREATE TABLE IF NOT EXISTS refinery_schema_history (
    version    INT4 PRIMARY KEY,
    name       VARCHAR(255),
    applied_on VARCHAR(255),
    checksum   VARCHAR(255)
);
