-- A rule row of a dump: new, or with another payload.
INSERT INTO rule (rule_id, datasource, version, payload) VALUES (:id, :datasource, :version, :payload)
ON CONFLICT (rule_id) DO UPDATE SET datasource = excluded.datasource, version = excluded.version, payload = excluded.payload
 WHERE payload <> excluded.payload OR datasource <> excluded.datasource OR version <> excluded.version;
