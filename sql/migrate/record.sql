-- Records a migration that was just applied.
-- :version   its number
-- :name      its name, without number and ending
-- :checksum  refinery's, an unsigned number as text
INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
VALUES (:version, :name, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), :checksum);
