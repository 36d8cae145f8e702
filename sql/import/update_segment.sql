-- A segment that differs from the dump's row. A dump without stamps keeps the store's, unless the state differs:
-- then the old stamp would lie, and it becomes NULL (never stamped).
UPDATE segment
   SET used_updated_ms = CASE WHEN :used_updated_ms IS NOT NULL THEN :used_updated_ms
                              WHEN used IS :used THEN used_updated_ms END,
       used = :used,
       size = coalesce(:size, size),
       shard_type = coalesce(:shard_type, shard_type),
       core_partitions = CASE WHEN :shard_type IS NULL THEN core_partitions ELSE :core_partitions END,
       shard = CASE WHEN :shard_type IS NULL THEN shard ELSE :shard END,
       load_type = CASE WHEN :shard_type IS NULL THEN load_type ELSE :load_type END,
       created_ms = coalesce(:created_ms, created_ms)
 WHERE id = :segment;
