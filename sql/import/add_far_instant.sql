-- Keeps the text of an instant that SQLite's date functions cannot write.
INSERT INTO far_instant (ms, text) VALUES (:ms, :text) ON CONFLICT (ms) DO NOTHING;
