-- Whether the view druid_segments shows as many rows as there are segments. Reads segment once, in the order in which it
-- and payload are stored (it asks for used, which no index has), and looks each up in the tables that the view joins.
SELECT n.shown || ' rows in druid_segments, ' || n.there || ' in segment'
  FROM (SELECT (SELECT coalesce(sum(used IS NOT NULL), 0) FROM druid_segments) AS shown,
               (SELECT count(*) FROM segment) AS there) AS n
 WHERE n.shown <> n.there;
