-- Whether any segment has what only the centralized datasource schema fills.
SELECT EXISTS (SELECT 1 FROM payload WHERE schema_fingerprint IS NOT NULL OR num_rows IS NOT NULL);
