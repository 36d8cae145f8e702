-- Puts the segments of temp.batch back, unused, under the numbers that they had.
-- :wall_ms  their new stamp, so that the buffer of a later kill starts again; NULL: the stamp that they had, as if they
--           had never been moved
INSERT INTO segment (id, datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size,
                     shard_type, core_partitions, shard, load_type, created_ms)
SELECT j.segment_id, g.datasource_id, g.start_ms, g.end_ms, g.version, g.partition_num, 0, coalesce(:wall_ms, j.used_updated_ms), g.size,
       j.shard_type, j.core_partitions, j.shard, j.load_type, j.created_ms
  FROM temp.batch AS b
  CROSS JOIN deletion AS j ON j.segment_id = b.segment_id
  CROSS JOIN gone AS g ON g.segment_id = j.segment_id;
