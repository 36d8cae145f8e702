-- Whether a store holds nothing that anybody could miss: no segment, rule, lock or job, and of runs only those that came to
-- nothing.
SELECT NOT EXISTS (SELECT 1 FROM segment)
   AND NOT EXISTS (SELECT 1 FROM rule)
   AND NOT EXISTS (SELECT 1 FROM lock)
   AND NOT EXISTS (SELECT 1 FROM job)
   AND NOT EXISTS (SELECT 1 FROM gone)
   AND NOT EXISTS (SELECT 1 FROM run WHERE outcome NOT IN ('failed', 'refused', 'locked', 'interrupted'));
