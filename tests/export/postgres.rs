//! Against a real PostgreSQL, started for the test on a socket of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{Answer, Lopper, sample};

/// A server with an empty database `postgres`; it ends with the value.
struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
}

impl Postgres {
    /// Starts a server, or says that there is none to start. Where `LOPPER_TEST_TOOLS` is set there must be one.
    fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os("LOPPER_TEST_TOOLS").is_none(),
                "no PostgreSQL server is installed"
            );
            eprintln!("not tested: no PostgreSQL server is installed");
            return None;
        };
        let folder = TempDir::new().unwrap();
        // The server refuses to run as root: then it runs as its own user of Debian's package.
        let user = is_root().then(|| (number("-u"), number("-g")));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let server = Self { folder, programs, user };
        server.program(
            "initdb",
            &["--pgdata", "data", "--username", "druid", "--auth", "trust", "--no-sync"],
        );
        let socket = server.folder.path().display().to_string();
        let options =
            format!("-c listen_addresses= -c fsync=off -c unix_socket_directories={socket}");
        server.program(
            "pg_ctl",
            &["--pgdata", "data", "--log", "log", "--wait", "--options", &options, "start"],
        );
        Some(server)
    }

    fn program(&self, name: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.programs.join(name));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        // The server that pg_ctl leaves running must not hold the test's pipes open.
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{name} {arguments:?}: {status}");
        Output { status, stdout: Vec::new(), stderr: Vec::new() }
    }

    /// Runs SQL, or psql's own commands, and answers what psql printed.
    fn psql(&self, input: &str) -> Answer {
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--set",
                "ON_ERROR_STOP=1",
            ])
            .arg("--host")
            .arg(self.folder.path())
            .args(["--username", "druid", "postgres"]);
        Answer::of_input(&mut command, input.as_bytes()).code(0)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.program("pg_ctl", &["--pgdata", "data", "--mode", "immediate", "stop"]);
    }
}

fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .find(|bin| bin.join("initdb").exists())
}

fn is_root() -> bool {
    id(&["-u"]) == 0
}

fn number(flag: &str) -> u32 {
    id(&[flag, "postgres"])
}

fn id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

const ALL_ROWS: &str = "SELECT id, datasource, created_date, start, \"end\", partitioned, version, used, md5(payload), \
     used_status_last_updated, indexing_state_fingerprint, upgraded_from_segment_id FROM druid_segments ORDER BY id;";

fn dump_of_the_cluster() -> String {
    fs::read_to_string(sample("postgres_dump.sql"))
        .unwrap()
        .replace("OWNER TO druid", "OWNER TO CURRENT_USER")
}

#[test]
fn druids_own_table_takes_the_csv_back() {
    let Some(server) = Postgres::start() else { return };
    server.psql(&dump_of_the_cluster());
    let before = server.psql(ALL_ROWS).stdout;
    assert_eq!(before.lines().count(), 58);

    let lopper = Lopper::new();
    lopper.import(&sample("postgres_dump.sql"));
    let (segments, rules) = (lopper.path("segments.csv"), lopper.path("rules.csv"));
    lopper.run(["export", "-o", segments.to_str().unwrap()]).code(0);
    lopper.run(["export", "--table", "druid_rules", "-o", rules.to_str().unwrap()]).code(0);
    let rules_before = server.psql("SELECT id, md5(payload) FROM druid_rules ORDER BY id;").stdout;
    server.psql("TRUNCATE druid_segments; TRUNCATE druid_rules;");
    server.psql(&format!("\\copy druid_segments FROM '{}' CSV HEADER\n", segments.display()));
    server.psql(&format!("\\copy druid_rules FROM '{}' CSV HEADER\n", rules.display()));

    assert_eq!(server.psql(ALL_ROWS).stdout, before);
    assert_eq!(
        server.psql("SELECT id, md5(payload) FROM druid_rules ORDER BY id;").stdout,
        rules_before
    );
}

#[test]
fn druids_own_table_takes_insert_statements_back() {
    let Some(server) = Postgres::start() else { return };
    server.psql(&dump_of_the_cluster());
    let before = server.psql(ALL_ROWS).stdout;
    let lopper = Lopper::new();
    lopper.import(&sample("postgres_dump.sql"));
    let statements = lopper.run(["export", "--format", "sql"]).code(0).stdout;
    server.psql("TRUNCATE druid_segments; TRUNCATE druid_rules;");
    server.psql(&statements);
    assert_eq!(server.psql(ALL_ROWS).stdout, before);
}

#[test]
fn a_runs_changes_are_made_in_the_cluster_where_nothing_else_has_changed_them() {
    let Some(server) = Postgres::start() else { return };
    server.psql(&dump_of_the_cluster());
    let lopper = Lopper::new();
    lopper.import(&sample("postgres_dump.sql"));
    lopper
        .run(["mark-unused", "wikipedia_hour", "--interval", "2015-09-12T00/2015-09-12T03"])
        .code(0);
    let statements = lopper.run(["export", "--changes", "--dialect", "postgresql"]).code(0).stdout;

    // One of the three has been marked in the cluster since: its own stamp must stay.
    let first =
        "wikipedia_hour_2015-09-12T00:00:00.000Z_2015-09-12T01:00:00.000Z_2023-08-10T04:12:03.860Z";
    server.psql(&format!(
        "UPDATE druid_segments SET used = false, used_status_last_updated = '2024-05-05T00:00:00.000Z' WHERE id = '{first}';"
    ));
    server.psql(&statements);

    let marked = "SELECT used_status_last_updated, count(*) FROM druid_segments WHERE datasource = 'wikipedia_hour' \
         AND NOT used AND start < '2015-09-12T16' GROUP BY 1 ORDER BY 1;";
    server.psql(marked).stdout_is("2024-05-05T00:00:00.000Z|1\n2024-06-01T12:00:00.000Z|2");
    server.psql("SELECT count(*) FROM druid_segments WHERE NOT used;").stdout_is("8");
    // Carried out twice, nothing more happens.
    server.psql(&statements);
    server.psql("SELECT count(*) FROM druid_segments WHERE NOT used;").stdout_is("8");
}
