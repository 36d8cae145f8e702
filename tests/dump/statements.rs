//! Which statements fill Druid's tables, whose tables they are, and which statements are named since they are not read.

use lopper::dump::TableChoice;

use super::*;

const ROW: &str = "('a', 1, '{}')";
const INSERT: &str = "INSERT INTO druid_segments (id, used, payload) VALUES ('a', 1, '{}');\n";

fn ids(dump: &Dump) -> Vec<&str> {
    dump.segments.iter().filter_map(|row| row.id.as_deref()).collect()
}

#[test]
fn every_form_of_insert_with_values_is_read() {
    for head in [
        "INSERT INTO druid_segments (id, used, payload) VALUES",
        "insert druid_segments (id, used, payload) value",
        "INSERT LOW_PRIORITY IGNORE INTO `druid_segments` (`id`, `used`, `payload`) VALUES",
        "REPLACE INTO druid_segments (id, used, payload) VALUES",
        "REPLACE druid_segments (id, used, payload) VALUES",
        "INSERT OR REPLACE INTO druid_segments (id, used, payload) VALUES",
        "INSERT INTO druid_segments PARTITION (p0, p1) (id, used, payload) VALUES",
        "INSERT INTO druid_segments AS s (id, used, payload) VALUES",
        "INSERT INTO druid_segments (id, used, payload) OVERRIDING SYSTEM VALUE VALUES",
        "INSERT INTO \"druid\".\"public\".\"druid_segments\" (\"id\", \"used\", \"payload\") VALUES",
        "INSERT INTO\n  druid . druid_segments -- note\n  (id, /* note */ used, payload)\nVALUES\n",
        "INSERT [druid]..[druid_segments] ([id], [used], [payload]) VALUES",
        "INSERT INTO DRUID_SEGMENTS (ID, USED, PAYLOAD) VALUES",
    ] {
        for tail in [
            ";",
            ", ('b', 0, '{}');",
            " ON DUPLICATE KEY UPDATE used = VALUES(used);",
            " AS new ON DUPLICATE KEY UPDATE used = new.used;",
            " ON CONFLICT DO NOTHING;",
            " ON CONFLICT (id) DO UPDATE SET used = excluded.used RETURNING id;",
        ] {
            let dump = read_bytes(format!("{head} {ROW}{tail}\n"));
            assert_eq!(dump.bad, [], "{head} {tail}");
            assert_eq!(ids(&dump).len(), if tail.starts_with(',') { 2 } else { 1 }, "{head}");
        }
    }
}

#[test]
fn statements_that_add_or_change_rows_in_another_way_are_named() {
    for statement in [
        "INSERT INTO druid_segments SET id = 'b', used = 1, payload = '{}';",
        "INSERT INTO druid_segments SELECT * FROM old;",
        "INSERT INTO druid_segments (id, used, payload) SELECT 'b', 1, '{}';",
        "INSERT INTO druid_segments TABLE old;",
        "INSERT INTO druid_segments DEFAULT VALUES;",
        "INSERT INTO druid_segments (id, used, payload) VALUES ROW('b', 1, '{}');",
        "INSERT INTO druid_segments WITH x AS (SELECT 1) SELECT * FROM x;",
        "INSERT ALL INTO druid_segments VALUES ('b', 1, '{}') SELECT 1 FROM dual;",
        "INSERT TOP (1) INTO druid_segments VALUES ('b', 1, '{}');",
        "WITH x AS (SELECT 1) INSERT INTO druid_segments SELECT * FROM x;",
        "WITH x AS (DELETE FROM druid_segments RETURNING *) SELECT 1;",
        "EXPLAIN ANALYZE INSERT INTO druid_segments VALUES ('b', 1, '{}');",
        "LOAD DATA LOCAL INFILE 'x.csv' INTO TABLE druid_segments;",
        "LOAD XML INFILE 'x.xml' INTO TABLE `druid_segments`;",
        "BULK INSERT druid_segments FROM 'x.csv';",
        "COPY druid_segments FROM '/tmp/x.csv';",
        "COPY druid_segments (id, used, payload) FROM PROGRAM 'cat x';",
        "COPY druid_segments TO '/tmp/x.csv';",
        "MERGE INTO druid_segments USING x ON (x.id = id) WHEN NOT MATCHED THEN INSERT VALUES (1);",
        "UPDATE druid_segments SET used = false;",
        "UPDATE LOW_PRIORITY druid.druid_segments s, x SET s.used = 0;",
        "DELETE FROM druid_segments;",
        "DELETE s FROM druid_segments s JOIN x;",
        "TRUNCATE druid_segments;",
        "TRUNCATE TABLE other, ONLY druid_segments CASCADE;",
        "DROP TABLE IF EXISTS druid_segments;",
        "ALTER TABLE druid_segments RENAME TO x;",
        "ALTER TABLE x RENAME TO druid_segments;",
        "ALTER TABLE druid_segments ADD COLUMN x int;",
        "ALTER TABLE druid_segments DROP COLUMN num_rows;",
        "ALTER TABLE druid_segments ENGINE=InnoDB, CHANGE id x int;",
        "RENAME TABLE x TO druid_segments;",
        "CREATE TABLE druid_segments AS SELECT * FROM x;",
        "CREATE TABLE druid_segments (id int) SELECT * FROM x;",
        "CREATE VIEW druid_segments AS SELECT * FROM x;",
        "SELECT * INTO druid_segments FROM x;",
        "SELECT add_segment('druid_segments', 'b');",
        "CALL add('INSERT INTO druid_segments VALUES (1)');",
        "CALL SYSCS_UTIL.SYSCS_IMPORT_TABLE(null, 'DRUID_SEGMENTS', 'x.csv', null, null, null, 0);",
        "EXEC sp_rename 'x', 'druid_segments';",
        "PREPARE s FROM 'INSERT INTO druid_segments VALUES (?, ?, ?)';",
        "PREPARE s AS INSERT INTO druid_segments VALUES ($1, $2, $3);",
        "SET @s = 'INSERT INTO druid_segments VALUES (1)';",
        "DO $$ BEGIN INSERT INTO druid_segments VALUES (1); END $$;",
        "/*!50000 INSERT INTO druid_segments (id, used, payload) VALUES ('b', 1, '{}') */;",
        "UPSERT INTO druid_segments VALUES (1);",
        "IMPORT INTO druid_segments CSV DATA ('x');",
        "\\copy druid_segments from 'x.csv'",
        "\\i x.sql",
        "source x.sql",
        "run 'x.sql';",
        "ROLLBACK;",
    ] {
        let before = if statement == "ROLLBACK;" { "BEGIN;\n" } else { "" };
        let text = format!("{before}{INSERT}{statement}\n{}", INSERT.replace("'a'", "'c'"));
        let Ok(dump) = try_bytes(text.as_bytes(), &ReadOptions::default()) else { continue };
        let line = if before.is_empty() { 2 } else { 3 };
        let lines: Vec<_> = dump.bad.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, [line], "{statement}: {:?}", dump.bad);
        assert_eq!(ids(&dump), ["a", "c"], "{statement}");
    }
}

#[test]
fn statements_that_change_no_row_are_passed_over() {
    for statement in [
        "CREATE INDEX idx ON druid_segments (used);",
        "CREATE UNIQUE INDEX CONCURRENTLY idx ON public.druid_segments USING btree (id);",
        "CREATE TRIGGER t AFTER INSERT ON druid_segments FOR EACH ROW EXECUTE FUNCTION f();",
        "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN\nINSERT INTO druid_segments VALUES (1); END $$;",
        "CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC\nINSERT INTO druid_segments VALUES ('x', 1, '{}');\nEND;",
        "CREATE VIEW v AS SELECT * FROM druid_segments;",
        "CREATE TABLE copy AS SELECT * FROM druid_segments;",
        "INSERT INTO copy SELECT * FROM druid_segments;",
        "INSERT INTO druid_segments_backup VALUES (1, 'INSERT INTO druid_segments VALUES (1)');",
        "CREATE TABLE IF NOT EXISTS druid_segments (id text, used bool, payload bytea);",
        "ALTER TABLE ONLY public.druid_segments ADD CONSTRAINT pk PRIMARY KEY (id, used), OWNER TO x;",
        "ALTER TABLE IF EXISTS druid_segments DROP CONSTRAINT IF EXISTS pk;",
        "ALTER TABLE `druid_segments` ADD PRIMARY KEY (`id`), ADD KEY `k` (`used`), MODIFY `id` int;",
        "ALTER TABLE [dbo].[druid_segments] WITH CHECK ADD CONSTRAINT c CHECK (1 = 1);",
        "/*!40000 ALTER TABLE `druid_segments` DISABLE KEYS */;",
        "LOCK TABLES `druid_segments` WRITE;",
        "UNLOCK TABLES;",
        "COMMENT ON TABLE druid_segments IS 'it''s';",
        "GRANT INSERT, SELECT ON druid_segments TO x;",
        "GRANT SELECT,\nINSERT ON druid_segments TO x;",
        "CREATE TRIGGER t AFTER\nINSERT ON druid_segments FOR EACH ROW EXECUTE FUNCTION f();",
        "CREATE RULE r AS ON INSERT TO x DO INSTEAD\nINSERT INTO druid_segments VALUES (1);",
        "REVOKE ALL ON druid_segments FROM x;",
        "ANALYZE TABLE druid_segments;",
        "VACUUM druid_segments;",
        "SELECT pg_catalog.setval('public.druid_segments_seq', 1, true);",
        "SET IDENTITY_INSERT druid_segments ON;",
        "DROP INDEX idx ON druid_segments;",
        "DELETE FROM other;",
        "DO $$ BEGIN CREATE ROLE x; END $$;",
        "DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN\n\
         INSERT INTO druid_segments VALUES ('x', 1, '{}');\nEND ;;\nDELIMITER ;",
        "/* INSERT INTO druid_segments VALUES (1); */",
        "-- INSERT INTO druid_segments VALUES (1);",
    ] {
        let text = format!("{INSERT}{statement}\n{}", INSERT.replace("'a'", "'c'"));
        let dump = try_bytes(text.as_bytes(), &ReadOptions::default())
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        assert_eq!(dump.bad, [], "{statement}");
        assert_eq!(ids(&dump), ["a", "c"], "{statement}");
    }
}

#[test]
fn a_table_may_be_emptied_before_its_rows() {
    for statement in [
        "DELETE FROM `druid_segments`;",
        "TRUNCATE `druid_segments`;",
        "TRUNCATE TABLE ONLY public.druid_segments RESTART IDENTITY CASCADE;",
        "DROP TABLE IF EXISTS druid_segments, druid_rules;",
        "DROP DATABASE IF EXISTS druid;",
    ] {
        let dump = read_bytes(format!("{statement}\n{INSERT}"));
        assert_eq!((dump.bad.as_slice(), ids(&dump)), ([].as_slice(), vec!["a"]), "{statement}");
    }
    let some = read_bytes(format!("DELETE FROM druid_segments WHERE used = 0;\n{INSERT}"));
    assert_eq!(some.only_bad().0, 1);
}

#[test]
fn rows_of_a_part_of_the_table_are_not_lost() {
    let part = "COPY public.druid_segments_2024 (id, used, payload) FROM stdin;\na\tt\t{}\n\\.\n";
    for of in [
        "CREATE TABLE public.druid_segments_2024 PARTITION OF public.druid_segments DEFAULT;",
        "CREATE TABLE public.druid_segments_2024 () INHERITS (public.druid_segments);",
        "ALTER TABLE ONLY public.druid_segments ATTACH PARTITION public.druid_segments_2024 DEFAULT;",
    ] {
        let text = format!(
            "CREATE TABLE public.druid_segments (id text, used bool, payload bytea);\n{of}\n{part}"
        );
        let dump = read_bytes(text);
        assert!(dump.only_bad().2.contains("--load-via-partition-root"), "{of}");
    }
}

#[test]
fn options_of_copy_are_read_or_named() {
    let columns = "COPY druid_segments (id, used, payload) FROM stdin";
    for (options, row) in [
        ("", "a\tt\t{}"),
        (" WITH DELIMITER AS '|' NULL AS ''", "a|t|{}"),
        (" WITH (FORMAT text, DELIMITER E'\\t', NULL '\\N', ENCODING 'UTF8')", "a\tt\t{}"),
    ] {
        let dump = read_bytes(format!("{columns}{options};\n{row}\n\\.\n"));
        assert_eq!((dump.bad.as_slice(), ids(&dump)), ([].as_slice(), vec!["a"]), "{options}");
    }
    for options in
        [" CSV", " WITH (FORMAT csv)", " WITH BINARY", " (FORMAT 'csv', HEADER)", " WHERE used"]
    {
        let dump = read_bytes(format!("{columns}{options};\na,t,{{}}\n\\.\n{INSERT}"));
        assert!(dump.only_bad().2.contains("expected its text form"), "{options}: {:?}", dump.bad);
        assert_eq!(ids(&dump), ["a"]);
    }
}

fn choose(database: Option<&str>, schema: Option<&str>, prefix: Option<&str>) -> ReadOptions {
    let [database, schema, prefix] = [database, schema, prefix].map(|name| name.map(str::to_owned));
    ReadOptions { tables: TableChoice { database, schema, prefix }, ..ReadOptions::default() }
}

#[test]
fn tables_of_two_owners_are_refused_and_one_can_be_chosen() {
    let row = |id: &str, table: &str| {
        format!("INSERT INTO {table} (id, used, payload) VALUES ('{id}', true, '{{}}');\n")
    };
    let plain = |id| row(id, "druid_segments");
    for (text, kind, flag, choices) in [
        (
            format!("USE `a`;\n{}USE `b`;\n{}", plain("1"), plain("2")),
            "databases, `a` (line 2) and `b` (line 4)",
            "--database",
            [choose(Some("a"), None, None), choose(Some("b"), None, None)],
        ),
        (
            row("1", "`a`.`druid_segments`") + &row("2", "`b`.`druid_segments`"),
            "databases, `a` (line 1) and `b` (line 2)",
            "--database",
            [choose(Some("A"), None, None), choose(None, Some("b"), None)],
        ),
        (
            format!("\\connect a\n{}\\connect -reuse-previous=on \"dbname='b'\"\n{}", plain("1"), plain("2")),
            "databases, `a` (line 2) and `b` (line 4)",
            "--database",
            [choose(Some("a"), None, None), choose(Some("b"), None, None)],
        ),
        (
            "-- Host: x    Database: a\n".to_owned() + &plain("1") + "-- Host: x    Database: b\n" + &plain("2"),
            "databases, `a` (line 2) and `b` (line 4)",
            "--database",
            [choose(Some("a"), None, None), choose(Some("b"), None, None)],
        ),
        (
            format!("SET search_path = a, pg_catalog;\n{}SET search_path = b, pg_catalog;\n{}", plain("1"), plain("2")),
            "schemas, `a` (line 2) and `b` (line 4)",
            "--schema",
            [choose(None, Some("a"), None), choose(None, Some("b"), None)],
        ),
        (
            format!("SET SCHEMA a;\n{}{}", plain("1"), row("2", "b.druid_segments")),
            "schemas, `a` (line 2) and `b` (line 3)",
            "--schema",
            [choose(None, Some("a"), None), choose(None, Some("b"), None)],
        ),
        (
            plain("1") + &row("2", "prod_druid_segments"),
            "prefixes, `druid_` (line 1) and `prod_druid_` (line 2)",
            "--table-prefix",
            [choose(None, None, Some("druid")), choose(None, None, Some("prod_druid_"))],
        ),
        (
            "CREATE TABLE prod_segments (id text, dataSource text, version text, used bool, payload bytea);\n".to_owned()
                + &row("2", "prod_segments") + &plain("1"),
            "prefixes, `prod_` (line 1) and `druid_` (line 3)",
            "--table-prefix",
            [choose(None, None, Some("druid")), choose(None, None, Some("prod"))],
        ),
    ] {
        let message = refusal(&text);
        assert!(message.contains(kind) && message.contains(flag), "{text}\n{message}");
        for (choice, id) in choices.iter().zip(["1", "2"]) {
            let dump = try_bytes(text.as_bytes(), choice).expect("one of them");
            assert_eq!((dump.bad.as_slice(), ids(&dump)), ([].as_slice(), vec![id]), "{text}");
        }
    }
    let text = format!("USE `a`;\n{}", plain("1"));
    for choice in [choose(Some("b"), None, None), choose(None, None, Some("prod"))] {
        let error = try_bytes(text.as_bytes(), &choice).expect_err("it is not there");
        assert!(error.to_string().contains("it has neither"), "{error}");
    }
    let error =
        try_bytes(plain("1").as_bytes(), &choose(Some("a"), None, None)).expect_err("no name");
    assert!(error.to_string().contains("does not say which database"), "{error}");
}

#[test]
fn a_dump_of_another_prefix_alone_is_read_where_it_is_druids_for_certain() {
    let row = "VALUES ('a', 'd', 'v', true, '{}');\n";
    let names = "(id, dataSource, version, used, payload)";
    for text in [
        format!("INSERT INTO prod_druid_segments (id, datasource, version, used, payload) {row}"),
        format!("INSERT INTO prod_segments {names} {row}"),
    ] {
        assert_eq!(ids(&read_bytes(&text)), ["a"], "{text}");
    }
    let others = "INSERT INTO firewall_rules (id, text) VALUES (1, 'x');\n\
                  INSERT INTO market_segments VALUES (1, 'x');\n";
    let dump = read_bytes(format!("{others}{INSERT}"));
    assert_eq!((ids(&dump), dump.skipped.statements), (vec!["a"], 2));
    let message = refusal("INSERT INTO prod_segments VALUES ('a', 1, '{}');\n");
    assert!(message.contains("`prod_segments`") && message.contains("--table-prefix"), "{message}");
}

/// A row of each table without the names of its columns, as Druid's own tables have them.
const VALUES: &str = "VALUES ('a', 'd', '2024', '2024', '2025', true, 'v', true, '{}');\n";
const RULE_VALUES: &str = "VALUES ('r', 'd', 'v', '[]');\n";
const RULE_NAMES: &str = "(id, dataSource, version, payload)";

#[test]
fn tables_of_which_nothing_tells_whose_they_are_are_refused_or_chosen() {
    for prefix in ["prod", "dr", "stage-1", "metadata"] {
        for (segments, rules) in [(prefix, prefix), (prefix, "druid"), ("druid", prefix)] {
            let is_of_one = segments == rules;
            let segments = format!("INSERT INTO `{segments}_segments` {VALUES}");
            let rules = format!("INSERT INTO `{rules}_rules` {RULE_NAMES} {RULE_VALUES}");
            for text in [format!("{segments}{rules}"), format!("{rules}{segments}")] {
                let Ok(dump) = try_bytes(text.as_bytes(), &ReadOptions::default()) else {
                    let message = refusal(&text);
                    assert!(message.contains("--table-prefix"), "{text}\n{message}");
                    continue;
                };
                // The rules' columns tell the prefix, so that the segments behind them are read.
                assert_eq!((dump.segments.len(), dump.rules.len()), (1, 1), "{text}");
            }
            if is_of_one {
                let choice = choose(None, None, Some(prefix));
                let dump = try_bytes(format!("{segments}{rules}").as_bytes(), &choice);
                let dump = dump.expect("the chosen ones");
                assert_eq!((dump.segments.len(), dump.rules.len()), (1, 1), "{prefix}");
            }
        }
        // COPY alike.
        let copy = format!("COPY \"{prefix}_rules\" FROM stdin;\nr\td\tv\t[]\n\\.\n{INSERT}");
        let message = refusal(&copy);
        assert!(message.contains("without naming its columns"), "{message}");
        let empty = format!("COPY \"{prefix}_rules\" FROM stdin;\n\\.\n{INSERT}");
        assert_eq!(ids(&read_bytes(empty)), ["a"]);
    }
    // A statement of rows that cannot be read at all.
    for statement in [
        "INSERT INTO prod_segments SELECT * FROM x;",
        "LOAD DATA INFILE 'x' INTO TABLE prod_segments;",
        "UPDATE prod_segments SET used = 0;",
        "COPY prod_segments FROM '/tmp/x';",
    ] {
        let text = format!("INSERT INTO druid_rules {RULE_NAMES} {RULE_VALUES}{statement}\n");
        match try_bytes(text.as_bytes(), &ReadOptions::default()) {
            Ok(dump) => assert_eq!(dump.bad.len(), 1, "{statement}"),
            Err(error) => assert!(error.to_string().contains("`prod_segments`"), "{error}"),
        }
    }
}

#[test]
fn tables_whose_columns_are_known_to_be_others_are_passed_over() {
    let created = "CREATE TABLE market_segments (id int, name text, a int, b int, c int, d int, e int, f int, g int);\n\
                   CREATE TABLE IF NOT EXISTS `firewall_rules` (id int, a int, b int, c int);\n";
    let filled = "INSERT INTO market_segments VALUES (1, 'x', 1, 2, 3, 4, 5, 6, 7);\n\
                  INSERT INTO `firewall_rules` VALUES (1, 2, 3, 4);\n\
                  UPDATE market_segments SET a = 1;\nALTER TABLE firewall_rules ADD COLUMN z int;\n\
                  ALTER TABLE x ADD COLUMN firewall_rules int;\n";
    let dump = read_bytes(format!("{created}{filled}{INSERT}"));
    assert_eq!((ids(&dump), dump.bad.len(), dump.skipped.statements), (vec!["a"], 0, 2));
    // So few values are none of Druid's rows.
    let few = "INSERT INTO market_segments VALUES (1, ',', (2)), (3, 'x', 4);\n";
    assert_eq!(ids(&read_bytes(format!("{few}{INSERT}"))), ["a"]);
}

#[test]
fn some_of_druids_columns_and_one_of_ones_own_are_still_druids() {
    let message = refusal(
        "INSERT INTO my_druid_segments (id, used, payload, colour) VALUES ('a', 1, '{}', 2);",
    );
    assert!(message.contains("a column `colour`"), "{message}");
    let dump = read_bytes("INSERT INTO prod_segments (id, used, payload) VALUES ('a', 1, '{}');");
    assert_eq!(ids(&dump), ["a"]);
}

#[test]
fn a_table_of_another_name_with_druids_columns_is_named_where_druids_is_not_there() {
    let names = "(id, dataSource, version, used, payload)";
    let row = "VALUES ('b', 'd', 'v', true, '{}');\n";
    let rules = format!("INSERT INTO druid_rules {RULE_NAMES} {RULE_VALUES}");
    for text in [
        format!("INSERT INTO segs {names} {row}{rules}"),
        format!("{rules}CREATE TABLE segs {names};\nINSERT INTO segs {row}"),
        format!("{rules}COPY segs (id, used, payload) FROM stdin;\nb\tt\t{{}}\n\\.\n"),
        format!("INSERT INTO druid_segments_2 {names} {row}{rules}"),
    ] {
        let message = refusal(&text);
        assert!(message.contains("those of druid_segments"), "{text}\n{message}");
    }
    // A copy beside the table is passed over.
    let dump = read_bytes(format!("{INSERT}INSERT INTO druid_segments_old {names} {row}"));
    assert_eq!(ids(&dump), ["a"]);
}

#[test]
fn a_stray_line_takes_no_statement_with_it() {
    let other = INSERT.replace("'a'", "'b'");
    let copy = "COPY druid_segments (id, used, payload) FROM stdin;\nc\tt\t{}\n\\.\n";
    for stray in [
        "Insert",
        "Insert the coin",
        "Insert the",
        "Replace it",
        "Copy",
        "Copy that",
        "Update:",
        "Select all rows (see",
        "Create",
        "Create a backup",
        "Create a table",
        "Create the function",
        "Create or replace",
        "With care",
        "Delete nothing",
        "Alter ego",
        "Drop of water",
        "Set",
        "If you see this",
        "Lock it",
        "Show warnings",
        "Values",
        "Prepare",
        "Analyze this",
    ] {
        for (rows, id) in [(other.as_str(), "b"), (copy, "c")] {
            let text = format!("{INSERT}{stray}\n{rows}");
            let dump = read_bytes(&text);
            assert_eq!(dump.bad.len(), 1, "{text}: {:?}", dump.bad);
            assert_eq!(dump.bad[0].line, 2, "{text}");
            assert_eq!(ids(&dump), ["a", id], "{text}");
        }
    }
}

#[test]
fn a_line_that_tells_of_a_failure_is_not_to_be_deleted() {
    for line in [
        "mysqldump: Error 2013: Lost connection to MySQL server during query when dumping table",
        "mysqldump: Couldn't execute 'SHOW FIELDS': gone away",
        "pg_dump: error: connection to server was lost",
        "command terminated with exit code 137",
        "ERROR 1045 (28000): Access denied for user",
    ] {
        for text in [
            format!("{INSERT}{line}\n{INSERT}"),
            format!(
                "COPY druid_segments (id, used, payload) FROM stdin;\n{line}\na\tt\t{{}}\n\\.\n"
            ),
        ] {
            let dump = read_bytes(&text);
            let (_, _, message) = dump.only_bad();
            assert!(
                message.contains("make the dump again") && !message.contains("delete"),
                "{message}"
            );
        }
        let message = refusal(format!("{line}\n{INSERT}"));
        assert!(
            message.contains("make the dump again") && !message.contains("delete"),
            "{message}"
        );
    }
    let warning =
        "mysqldump: [Warning] Using a password on the command line interface can be insecure.";
    assert!(read_bytes(format!("{INSERT}{warning}\n")).only_bad().2.contains("delete the line"));
    assert!(refusal(format!("{warning}\n{INSERT}")).contains("delete that line"));
}

#[test]
fn comments_of_the_shell_stand_before_sql_alone() {
    for text in [
        format!("# made by cron\n#\n{INSERT}"),
        format!("{INSERT}# it's between\n{}", INSERT.replace("'a'", "'b'")),
    ] {
        assert_eq!(ids(&read_bytes(&text))[0], "a");
    }
    // They are no sign of MySQL: the backslash is one still.
    let text = "# made by cron\nINSERT INTO druid_segments (id, used, payload) VALUES ('a\\b', 1, '{}');\n";
    assert!(refusal(text).contains("--dialect"));
    assert!(refusal("# made by cron\nid,used,payload\na,1,{}\n").contains("grep -v '^#'"));
}
