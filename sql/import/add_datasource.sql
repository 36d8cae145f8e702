-- Makes sure that a datasource has a number.
INSERT INTO datasource (name) VALUES (:name) ON CONFLICT (name) DO NOTHING;
