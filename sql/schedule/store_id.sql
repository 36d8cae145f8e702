-- The name of this store, which no other has but copies of it, and its latest run; 0: none.
SELECT id, coalesce((SELECT max(id) FROM run), 0) FROM identity;
