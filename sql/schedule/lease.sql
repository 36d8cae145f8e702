-- Who acts.
SELECT worker, term, renewed_ms, expires_ms, expires_awake_ms FROM lease WHERE name = 'scheduler';
