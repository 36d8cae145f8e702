-- What the passes have found overshadowed in these datasources holds from now on.
-- :datasources  JSON array of datasource numbers
-- :logical_ms   the "now" of the pass
UPDATE datasource SET overshadowed_as_of_ms = :logical_ms WHERE id IN (SELECT value FROM json_each(:datasources));
