-- Whether the view druid_rules shows as many rows as there are chains. Reads rule twice; rules are few.
SELECT n.shown || ' rows in druid_rules, ' || n.there || ' in rule'
  FROM (SELECT (SELECT count(*) FROM druid_rules) AS shown, (SELECT count(*) FROM rule) AS there) AS n
 WHERE n.shown <> n.there;
