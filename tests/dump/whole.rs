//! A dump is read as a whole or not at all: cut at any byte, or with any line that does not belong.

use lopper::dump::Format;

use super::*;

const MYSQLDUMP: &str = include_str!("mysqldump.sql");

/// As pg_dump writes it, with a table of others before Druid's.
const PG_DUMP: &str = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\n\
    SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\
    SELECT pg_catalog.set_config('search_path', '', false);\n\n\
    CREATE TABLE public.druid_segments (\n    id character varying(255) NOT NULL,\n    \
    used boolean NOT NULL,\n    payload bytea NOT NULL\n);\n\n\
    ALTER TABLE public.druid_segments OWNER TO druid;\n\n\
    COPY public.druid_audit (a) FROM stdin;\nit's; /* a\n\\.\n\n\
    COPY public.druid_segments (id, used, payload) FROM stdin;\n\
    a\tt\t\\\\x7b7d\nb\tf\t\\\\x7b7d\n\\.\n\n\
    COPY public.druid_rules (id, datasource, version, payload) FROM stdin;\n\
    r\td\tv\t\\\\x5b5d\n\\.\n\n\
    ALTER TABLE ONLY public.druid_segments\n    ADD CONSTRAINT druid_segments_pkey PRIMARY KEY (id);\n\n\
    --\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n";

/// As `pg_dump --inserts` writes it.
const PG_INSERTS: &str = "--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n\
    INSERT INTO public.druid_audit VALUES ('it''s; \\');\n\
    INSERT INTO public.druid_segments (id, used, payload) VALUES ('a', true, '\\x7b7d');\n\
    INSERT INTO public.druid_segments (id, used, payload) VALUES ('b', false, '\\x7b7d');\n\
    INSERT INTO public.druid_rules VALUES ('r', 'd', 'v', '\\x5b5d');\n\
    --\n-- PostgreSQL database dump complete\n--\n";

/// As `mysqldump --skip-comments` writes it: settings are saved and put back.
const NO_COMMENTS: &str = "/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;\n\
    INSERT INTO `druid_segments` (`id`,`used`,`payload`) VALUES ('a',1,'{}'),\n('b',0,'{\\\"x\\\":1}');\n\
    INSERT INTO `druid_segments` (`id`,`used`,`payload`) VALUES ('c',1,'{}');\n\
    /*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n";

/// In one transaction, without any heading.
const TRANSACTION: &str = "BEGIN;\n\
    INSERT INTO druid_segments (id, used, payload) VALUES ('a', true, '{}'),\n  ('b', false, '{}')\n;\n\
    INSERT INTO druid_rules VALUES ('r', 'd', 'v', '[]');\nCOMMIT;\n";

/// As SQL Server Management Studio writes it.
const SSMS: &str = "USE [druid]\nGO\n\
    INSERT [dbo].[druid_segments] ([id], [used], [payload]) VALUES (N'a', 1, 0x7b7d)\n\
    INSERT [dbo].[druid_segments] ([id], [used], [payload]) VALUES (N'b', CAST(0 AS Bit), 0x7b7d)\nGO\n";

/// Dumps that show where they end.
const MARKED: [&str; 5] = [MYSQLDUMP, PG_DUMP, PG_INSERTS, NO_COMMENTS, TRANSACTION];

/// What is read, without the lines; `None` when the dump is refused.
fn rows_of(text: &[u8]) -> Option<(Vec<SegmentRow>, Vec<RuleRow>)> {
    rows_as(text, Some(Format::Sql))
}

fn rows_as(text: &[u8], format: Option<Format>) -> Option<(Vec<SegmentRow>, Vec<RuleRow>)> {
    let options = ReadOptions { format, ..ReadOptions::default() };
    let mut dump = try_bytes(text, &options).ok().filter(|dump| dump.bad.is_empty())?;
    dump.segments.iter_mut().for_each(|row| row.line = 0);
    dump.rules.iter_mut().for_each(|row| row.line = 0);
    Some((dump.segments, dump.rules))
}

#[test]
fn a_dump_that_is_cut_anywhere_is_refused_or_whole() {
    for text in MARKED {
        let whole = rows_of(text.as_bytes()).expect("a whole dump");
        assert!(whole.0.len() >= 2);
        for end in 0..text.len() {
            let read = rows_of(&text.as_bytes()[..end]);
            assert!(read.is_none_or(|read| read == whole), "cut behind: {}", &text[..end]);
        }
    }
}

#[test]
fn a_dump_that_is_cut_anywhere_at_its_front_is_refused_or_whole() {
    // A COMMIT without its BEGIN is what tools write that turn autocommit off elsewhere.
    for text in MARKED.into_iter().filter(|text| *text != TRANSACTION) {
        let whole = rows_of(text.as_bytes()).expect("a whole dump");
        for begin in 0..text.len() {
            let rest = &text.as_bytes()[begin..];
            for format in [None, Some(Format::Sql), Some(Format::Csv)] {
                let read = rows_as(rest, format);
                assert!(read.is_none_or(|read| read == whole), "{format:?}: {}", &text[begin..]);
            }
        }
    }
}

#[test]
fn a_dump_without_marks_is_cut_between_statements_alone() {
    for text in [SSMS.to_owned(), TRANSACTION.replace("BEGIN;\n", "").replace("COMMIT;\n", "")] {
        let whole = rows_of(text.as_bytes()).expect("a whole dump");
        for end in 0..text.len() {
            let Some((segments, _)) = rows_of(&text.as_bytes()[..end]) else { continue };
            let rest = text[end..].trim_start();
            let is_border = ["INSERT", "GO", "", ";"].iter().any(|next| rest.starts_with(next));
            assert!(is_border, "cut before: {rest}");
            assert!(whole.0.starts_with(&segments));
        }
    }
}

const GARBAGE: &[&str] = &[
    "mysqldump: [Warning] Using a password on the command line interface can be insecure.",
    "mysqldump: Error 2013: Lost connection to MySQL server during query when dumping table",
    "Defaulted container \"postgres\" out of: postgres, exporter",
    "it's not what it seems",
    "say \"hello",
    "`",
    "$$",
    "/* note",
    "*/",
    "(1, 2, 3),",
    "-- note",
    "# note",
    "",
    ";",
    "NULL",
    "GO",
    "\\.",
    "\\q",
    "\\i other.sql",
    "source other.sql",
    "Set up the connection",
    "Insert the coin",
    "Replace the coin",
    "Copy finished",
    "Copy x (a) from stdin",
    "COPY other (a) FROM stdin;",
    "COPY 7",
    "Create a table",
    "Create the function",
    "Begin of the dump",
    "End of warnings",
    "Drop it",
    "Alter nothing",
    "Use the following",
    "Select all",
    "Show warnings",
    "Lock nothing",
    "Comment on this: it's fine",
    "Delete nothing",
    "Update nothing",
    "With best wishes",
    "DELIMITER //",
    "BEGIN;",
    "START TRANSACTION;",
    "COMMIT;",
    "ROLLBACK;",
    "DELETE FROM druid_segments;",
    "TRUNCATE TABLE druid_rules;",
    "DROP TABLE druid_segments;",
    "USE other;",
    "SET NAMES latin1;",
    "-- MySQL dump 10.13",
    "-- PostgreSQL database dump",
    "-- Dump completed on 2024-01-02  3:04:05",
    "-- PostgreSQL database dump complete",
    "SET SQL_MODE=@OLD_SQL_MODE;",
];

#[test]
fn a_line_that_does_not_belong_never_loses_a_row_in_silence() {
    for text in MARKED.into_iter().chain([SSMS]) {
        let whole = rows_of(text.as_bytes()).expect("a whole dump");
        let lines: Vec<&str> = text.lines().collect();
        for garbage in GARBAGE {
            for at in 0..=lines.len() {
                let (before, after) = lines.split_at(at);
                let text = [before, &[*garbage], after].concat().join("\n") + "\n";
                let read = rows_of(text.as_bytes());
                assert!(
                    read.is_none_or(|read| read == whole),
                    "{garbage:?} before line {}:\n{text}",
                    at + 1
                );
            }
        }
    }
}

#[test]
fn what_shows_that_a_dump_is_cut_off_is_named() {
    let row = "INSERT INTO druid_rules VALUES ('r','d','v','[]');\n";
    for (before, after, expected) in [
        ("-- MySQL dump 10.13\n", "", "`-- Dump completed`"),
        ("-- MariaDB dump 10.19\n", "", "the dump of mariadb-dump on line 1"),
        ("-- PostgreSQL database dump\n", "", "`-- PostgreSQL database dump complete`"),
        ("-- PostgreSQL database cluster dump\n", "", "database cluster dump complete`"),
        (
            "-- PostgreSQL database cluster dump\n-- PostgreSQL database dump\n",
            "-- PostgreSQL database cluster dump complete\n",
            "database dump complete`",
        ),
        ("-- Dump created by MySQL pump utility, version: 8\n", "", "`-- Dump end time:`"),
        ("-- Adminer 4.8.1 MySQL 8.0 dump\n", "", "the dump of Adminer"),
        ("SET @OLD_SQL_MODE=@@SQL_MODE;\n", "", "not put back"),
        ("START TRANSACTION;\n", "", "no COMMIT"),
        ("set autocommit=0;\n", "", "no COMMIT"),
        ("", "COPY druid_rules (id, datasource, version, payload) FROM std", "which is not read"),
        ("", "COPY druid_rules (id, datasource, version, payload) FROM stdin;\n", "COPY block"),
        ("", "INSERT INTO druid_rules VALUES ('r','d','v','[]')", "has no end"),
        ("", "INSERT INTO druid_rules VALUES ('r','d','v','[]'),", "expected"),
        ("", "CREATE TABLE x (a int)", "has no end"),
        (
            "-- MySQL dump 10.13\n",
            "-- MySQL dump 10.13\n-- Dump completed\n",
            "no end mark before line 3",
        ),
        // One end mark ends one dump.
        (
            "-- MySQL dump 10.13\n",
            "-- MariaDB dump 10.19\n-- Dump completed\n",
            "the dump of mysqldump on line 1",
        ),
    ] {
        let text = format!("{before}{row}{after}");
        let answer = try_bytes(text.as_bytes(), &ReadOptions::default());
        let message = match answer {
            Err(error) => error.to_string(),
            Ok(dump) => dump.bad.into_iter().map(|bad| bad.message).collect(),
        };
        assert!(message.contains(expected), "{text}\n{message}");
    }
    for (before, after) in [
        ("-- MySQL dump 10.13\n", "-- Dump completed on 2024-01-01  1:02:03\n"),
        ("-- Adminer 4.8.1 MySQL 8.0 dump\n", "-- 2024-01-01 01:02:03\n"),
        ("set autocommit=0;\n", "commit;\n"),
        ("SET @OLD_SQL_MODE=@@SQL_MODE;\n", "SET SQL_MODE=IFNULL(@OLD_SQL_MODE, '');\n"),
        (
            "-- MySQL dump 10.13\nSET @OLD_SQL_MODE=@@SQL_MODE;\n",
            "-- Dump completed on 2024-01-01\n",
        ),
        (
            "-- mysqldump-php https://example.org\n--\n-- Host: localhost\tDatabase: druid\n",
            "-- Dump completed on: Mon, 01 Jan 2024 01:02:03 +0000\n",
        ),
        // A time alone may be anybody's.
        ("", "-- 2024-01-01 01:02:03\n"),
        ("SET AUTOCOMMIT = 0;\nSTART TRANSACTION;\n", "COMMIT\n"),
    ] {
        assert_eq!(read_bytes(format!("{before}{row}{after}")).rules.len(), 1, "{before}");
    }
}

#[test]
fn what_shows_that_a_dump_lacks_its_beginning_is_named() {
    let row = "INSERT INTO druid_rules VALUES ('r','d','v','[]');\n";
    for (before, after, expected) in [
        (
            "",
            "-- PostgreSQL database dump complete\n",
            "line 2 ends a dump by `-- PostgreSQL database dump complete`, and its heading `-- PostgreSQL \
             database dump` is missing",
        ),
        ("", "-- Dump completed on 2024-01-01\n", "`-- MySQL dump` or `-- MariaDB dump`"),
        (
            "",
            "-- PostgreSQL database cluster dump complete\n",
            "heading `-- PostgreSQL database cluster",
        ),
        ("", "-- YSQL database dump complete\n", "heading `-- YSQL database dump`"),
        (
            "",
            "-- Dump end time: Mon Jan  1\n",
            "`-- Dump created by MySQL pump utility` is missing",
        ),
        // The rest of one dump, and another that is whole.
        ("-- Dump completed\n-- MySQL dump 10.13\n", "-- Dump completed\n", "line 1 ends a dump"),
        ("-- MySQL dump 10.13\n", "-- Dump completed\n-- Dump completed\n", "line 4 ends a dump"),
        ("", "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n", "settings that line 2 puts back"),
        ("SET SQL_MODE=@OLD_SQL_MODE, @OLD_SQL_MODE=1;\n", "", "settings that line 1 puts back"),
    ] {
        let message = refusal(format!("{before}{row}{after}"));
        assert!(message.contains(expected), "{message}");
        assert!(message.contains("the file lacks its beginning"), "{message}");
    }
}

#[test]
fn what_stands_behind_the_end_of_copy_text_is_no_loss_in_silence() {
    let rows = "r\td\tv\t[]\ns\td\tv\t[]\n";
    let header = "id\tdataSource\tversion\tpayload\n";
    for end in [
        "",
        "\\.\n",
        "\\.\r\n",
        "\\.\n\n \n\t\n",
        "\\.\nCOPY 2\n",
        "(2 rows)\n\n",
        "\\.\n\n(2 rows)",
    ] {
        assert_eq!(read_bytes(format!("{rows}{end}")).rules.len(), 2, "{end:?}");
        assert_eq!(read_bytes(format!("{header}{rows}{end}")).rules.len(), 2, "{end:?}");
    }
    for (behind, expected, help) in [
        (
            format!("\\.\n{rows}"),
            "line 4 stands behind line 3, which ends the table: `r",
            "one command",
        ),
        (format!("\\.\n\n{header}{rows}\\.\n"), "line 5 stands behind line 3", "one command"),
        (
            "\\.\nrubbish".to_owned(),
            "line 4 stands behind line 3, which ends the table: `rubbish`",
            "one command",
        ),
        ("COPY 2\n\\.\nrubbish\n".to_owned(), "line 4 stands behind line 3", "one command"),
        ("\\.\n\\.\n".to_owned(), "line 4 stands behind line 3", "one command"),
        ("\\.\nCOPY 3\n".to_owned(), "line 4 counts 3 rows, and there are 2", "make it again"),
        (
            "\\.\n\n\nCOPY public.druid_segments (id, used, payload) FROM stdin;\na\tt\t{}\n\\.\n"
                .to_owned(),
            "line 6 stands behind line 3",
            "the rest of a dump",
        ),
        ("\\.\nINSERT INTO druid_rules".to_owned(), "line 4 stands", "the rest of a dump"),
        (
            "\\.\n\n--\n-- PostgreSQL database dump complete\n--\n".to_owned(),
            "line 5 stands",
            "the rest of a dump",
        ),
        ("\\.\n\\unrestrict abc\n".to_owned(), "line 4 stands", "the rest of a dump"),
    ] {
        let message = refusal(format!("{rows}{behind}"));
        assert!(message.contains(expected) && message.contains(help), "{message}");
    }
    // CSV has no such mark: the line is a bad row, and rows behind it are read.
    let dump = read_bytes(format!("{}\\.\n{}", "r,d,v,[]\n", "s,d,v,[]\n"));
    assert_eq!((dump.only_bad().0, dump.rules.len()), (2, 2));
}

#[test]
fn rows_of_two_dumps_in_one_file_are_refused() {
    let dump = "-- PostgreSQL database dump\nINSERT INTO druid_rules VALUES ('r','d','v','[]');\n\
                -- PostgreSQL database dump complete\n";
    assert!(refusal(dump.repeat(2)).contains("by two dumps"));
    // One table each is what people put together.
    let other = dump.replace(
        "druid_rules VALUES ('r','d','v','[]')",
        "druid_segments (id, used, payload) VALUES ('a', true, '{}')",
    );
    let read = read_bytes(format!("{dump}{other}"));
    assert_eq!((read.rules.len(), read.segments.len()), (1, 1));
    let created = "CREATE TABLE druid_rules (id varchar(255), datasource varchar(255), version varchar(255), payload blob);\n\
                   INSERT INTO druid_rules VALUES ('r','d','v','[]');\n";
    assert!(refusal(created.repeat(2)).contains("creates a table again"));
}

#[test]
fn psql_counts_the_rows() {
    let block =
        "COPY druid_rules (id, datasource, version, payload) FROM stdin;\nr\td\tv\t[]\n\\.\n";
    assert_eq!(read_bytes(format!("{block}COPY 1\n")).rules.len(), 1);
    assert!(refusal(format!("{block}COPY 2\n")).contains("counts 2 rows, and there are 1"));
    for (count, expected) in
        [("COPY 2", None), ("(2 rows)", None), ("COPY 3", Some(3)), ("(1 row)", Some(1))]
    {
        let text = format!("r\td\tv\t[]\ns\td\tv\t[]\n{count}\n");
        match expected {
            None => assert_eq!(read_bytes(text).rules.len(), 2),
            Some(n) => {
                assert!(refusal(text).contains(&format!("counts {n} rows, and there are 2")));
            }
        }
    }
    assert!(refusal("r\td\tv\t[]\ns\td\tv\t[]").contains("no line break"));
}

#[test]
fn a_compressed_dump_that_is_cut_anywhere_is_refused_or_whole() {
    use std::io::Write;
    let text = PG_DUMP.as_bytes();
    let whole = rows_of(text).expect("a whole dump");
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("memory");
    let (first, second) = text.split_at(text.len() - 100);
    for file in [[gzip(first), gzip(second)].concat(), [zstd(first), zstd(second)].concat()] {
        assert_eq!(rows_of(&file).as_ref(), Some(&whole));
        for end in 0..file.len() {
            let read = rows_of(&file[..end]);
            assert!(read.is_none_or(|read| read == whole), "cut at {end} of {}", file.len());
        }
    }
    // Rows that end with a member, and no mark behind them: the frame itself must be whole.
    let csv = "id,used,payload\na,t,{}\n".repeat(3);
    for file in [gzip(csv.as_bytes()), zstd(csv.as_bytes())] {
        for end in 4..file.len() {
            assert!(try_bytes(&file[..end], &ReadOptions::default()).is_err(), "cut at {end}");
        }
    }
}
