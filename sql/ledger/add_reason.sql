-- Makes sure that a reason is known.
-- :text  the reason
INSERT INTO reason (text) VALUES (:text) ON CONFLICT (text) DO NOTHING;
