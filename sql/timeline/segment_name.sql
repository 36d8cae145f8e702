-- The text id of a segment.
-- :segment  its number
SELECT p.id FROM payload AS p WHERE p.segment_id = :segment;
