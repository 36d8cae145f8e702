-- Whether lopper has killed a segment of this id.
-- :id  text id
SELECT EXISTS (SELECT 1 FROM gone WHERE id = :id AND how = 'killed');
