-- Whether lopper has ever killed anything: if not, an import need not ask row by row.
SELECT EXISTS (SELECT 1 FROM gone WHERE how = 'killed');
