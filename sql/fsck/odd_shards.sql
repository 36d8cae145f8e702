-- Segments of which the columns shard_type, core_partitions and shard do not go together, so that no timeline can be
-- made. Reads segment once.
SELECT coalesce(p.id, 'segment ' || s.id) || ': ' || s.shard_type || ', core_partitions '
       || coalesce(s.core_partitions, 'NULL') || ', shard ' || coalesce(s.shard, 'NULL')
  FROM segment AS s
  LEFT JOIN payload AS p ON p.segment_id = s.id
 WHERE CASE
       WHEN s.shard_type = 'numbered_overwrite'
       THEN s.shard IS NULL OR NOT json_valid(s.shard) OR json_array_length(s.shard) <> 4
            OR EXISTS (SELECT 1 FROM json_each(s.shard) AS e WHERE e.type <> 'integer')
       WHEN s.shard_type IN ('single', 'range') AND s.core_partitions IS NULL
       THEN s.shard IS NULL OR NOT json_valid(s.shard) OR json_array_length(s.shard) <> 2
       WHEN s.shard_type IN ('numbered', 'hashed', 'dim_value_set')
       THEN s.core_partitions IS NULL OR s.shard IS NOT NULL
       ELSE s.shard IS NOT NULL END;
