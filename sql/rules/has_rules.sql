-- Whether the store knows any rule at all.
SELECT EXISTS (SELECT 1 FROM rule);
