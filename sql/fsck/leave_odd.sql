-- Takes out of a listing what no deletion can name exactly: that is a finding of its own.
DELETE FROM temp.listed WHERE NOT is_exact;
