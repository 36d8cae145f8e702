-- Where the next batch of a kill goes on: the latest end in this one.
SELECT max(s.end_ms) FROM temp.batch AS b CROSS JOIN segment AS s ON s.id = b.segment_id;
