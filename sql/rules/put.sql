-- A new version of a chain, set by this program.
-- :datasource       a datasource's name, or _default
-- :version          an instant as text, newer than any of the datasource
-- :payload          the chain, JSON
-- :author, :comment who set it, and why (may be NULL)
-- :created_ms       wall clock, ms
INSERT INTO rule (rule_id, datasource, version, payload, author, comment, created_ms)
VALUES (:datasource || '_' || :version, :datasource, :version, :payload, :author, :comment, :created_ms);
