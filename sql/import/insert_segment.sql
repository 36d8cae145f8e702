-- A segment that was not there.
INSERT INTO segment (datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size,
                     shard_type, core_partitions, shard, load_type, created_ms)
VALUES (:datasource, :start_ms, :end_ms, :version, :partition_num, :used, :used_updated_ms, :size,
        :shard_type, :core_partitions, :shard, :load_type, :created_ms);
