-- Living segments whose load spec names no file that could be compared, with that load spec. One without a load spec, as
-- sys.segments tells of it, has its file where nobody knows; tombstones have none, and are left out.
SELECT s.id, s.datasource_id, p.payload ->> '$.loadSpec'
  FROM payload AS p INDEXED BY payload_nameless
  CROSS JOIN segment AS s ON s.id = p.segment_id
 WHERE p.file IS NULL AND s.load_type IS NOT 'tombstone' AND s.shard_type <> 'tombstone';
