-- The versions of the migrations that the store has been through.
SELECT version FROM refinery_schema_history;
