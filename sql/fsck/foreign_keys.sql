-- Rows that refer to a row which is not there. Reads every table that has a foreign key, and looks each key up.
SELECT k."table" || coalesce(' row ' || k.rowid, '') || ' refers to a row that ' || k.parent || ' does not have'
  FROM pragma_foreign_key_check AS k;
