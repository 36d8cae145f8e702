-- The ledger row of a segment whose state the dump changes; the last row of a dump decides.
INSERT INTO change (step_id, segment_id, before, after, reason_id)
VALUES (:step, :segment, :before, :after, :reason)
ON CONFLICT (step_id, segment_id) DO UPDATE SET after = excluded.after;
