-- Living segments whose load spec names no file that could be compared, with that load spec: tombstones, and payloads
-- without a load spec, refer to no file and are left out.
SELECT s.id, s.datasource_id, p.payload ->> '$.loadSpec'
  FROM payload AS p INDEXED BY payload_nameless
  CROSS JOIN segment AS s ON s.id = p.segment_id
 WHERE p.file IS NULL AND s.load_type IS NOT NULL AND s.load_type <> 'tombstone';
