-- Keeps what the sweep has found hidden, for the views.
INSERT INTO overshadowed (segment_id, datasource_id, by_segment_id, youngest_ms)
SELECT h.segment_id, h.datasource_id, h.by_segment_id, h.youngest_ms FROM temp.hidden AS h
-- WHERE true: without it ON CONFLICT would be read as part of a join.
 WHERE true
ON CONFLICT (segment_id) DO UPDATE SET by_segment_id = excluded.by_segment_id, youngest_ms = excluded.youngest_ms;
