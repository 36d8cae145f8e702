-- The rule chain in force of one name, such as _default: the payload of its newest version.
-- :name  a datasource's name, or _default
SELECT r.payload FROM rule AS r WHERE r.datasource = :name ORDER BY r.version DESC, r.id DESC LIMIT 1;
