-- Whether a rule row is as the store has it.
-- :id, :datasource, :version, :payload  its columns
SELECT EXISTS (SELECT 1 FROM rule
                WHERE rule_id = :id AND datasource = :datasource AND version = :version AND payload = :payload);
