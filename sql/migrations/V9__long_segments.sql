-- Segments of more than 32 days, which are few: with them, what overlaps an interval is found near that interval and
-- among these, whatever the size of the datasource. Months and all that is shorter stand in segment_interval alone.
CREATE INDEX segment_long ON segment (datasource_id, start_ms, end_ms)
    WHERE end_ms - start_ms > 2764800000;
