//! Whatever Google or Azure answer, or whoever stands in their place: as of S3, a row is closed only when its very key was
//! confirmed.

use std::time::Duration;

use crate::support::blobs::{Blobs, Fate, Kind};
use crate::support::reply::{Elsewhere, Reply};
use crate::support::{Answer, Chance, Lopper, seg};

const KINDS: [Kind; 2] = [Kind::Google, Kind::Azure];
const WIKI: &[&str] = &["kill", "wiki", "--yes"];
const RESUME: &[&str] = &["kill", "--resume"];

fn key(number: usize) -> String {
    format!("segments/wiki/2015/v/{number}/index.zip")
}

/// A store with old segments of three keys, and their files.
fn three(server: &Blobs) -> Lopper {
    server.put((0..3).map(key));
    let segments = (0..3).map(|number| {
        let segment = seg("wiki", &format!("2015-09-0{}/P1D", number + 1)).unused();
        segment.load(server.load_spec(&key(number)))
    });
    Lopper::new().config(&server.config()).segments(segments)
}

/// As if whoever answers wrongly did so for ever: nothing is tried a second time.
fn run(server: &Blobs, lopper: &Lopper, arguments: &[&str]) -> Answer {
    let mut command = lopper.command(arguments);
    for (name, _) in std::env::vars() {
        if name.starts_with("GOOGLE_") || name.starts_with("AZURE_") {
            command.env_remove(name);
        }
    }
    let (name, value) = server.environment();
    command.env(name, value).env("NO_PROXY", "127.0.0.1");
    Answer::of(command.env("LOPPER_TEST_STORAGE_TIMEOUT", "2000 50"))
}

/// No row is closed whose object is there; answers how many are closed.
#[track_caller]
fn closed(server: &Blobs, lopper: &Lopper, why: &str) -> usize {
    let left = server.keys();
    let done = lopper.sql(
        "SELECT substr(file, instr(file, '/deep/') + 6) FROM deletions WHERE state IN ('done', 'missing')",
    );
    let lost: Vec<_> = done.iter().filter(|key| left.contains(key)).collect();
    assert!(lost.is_empty(), "{why}: closed, and still there: {lost:?}");
    done.len()
}

/// The rest goes when the server has come to its senses.
#[track_caller]
fn is_finished(server: &Blobs, lopper: &Lopper, why: &str) {
    server.fates([]);
    server.listings([]);
    for command in [RESUME, WIKI] {
        let answer = run(server, lopper, command);
        assert_eq!(answer.exit_code, 0, "{why}: {answer}");
    }
    assert!(server.keys().is_empty(), "{why}");
    assert_eq!(closed(server, lopper, why), 3, "{why}");
}

/// What says yes, and has done nothing.
fn empty_words() -> Vec<Fate> {
    let page = "<!DOCTYPE html><html><body>Sign in</body></html>";
    let error = "<Error><Code>AccessDenied</Code></Error>";
    let mixed = |body: &str| {
        Reply::new(202).header("Content-Type", "multipart/mixed; boundary=b").body(body.as_bytes())
    };
    let of_all = "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 403 X\r\n\r\n--b--\r\n";
    let of_another = "--b\r\nContent-ID: 77\r\n\r\nHTTP/1.1 202 X\r\n\r\n--b\r\nContent-ID: -1\r\n\r\nHTTP/1.1 202 X\r\n\r\n--b--\r\n";
    let mut says = vec![
        Fate::Says(Reply::new(200).body(page)),
        Fate::Says(Reply::new(200).body(error)),
        Fate::Says(Reply::new(202).body(page)),
        Fate::Says(Reply::new(202)),
        Fate::Says(Reply::new(206)),
        Fate::Says(Reply::new(200).body("nine byte").length(20)),
        Fate::Says(Reply::new(200).body(page).dripping(Duration::from_millis(100))),
        Fate::Says(Reply::new(200).body(b"\xff\xfe\x00".to_vec())),
        Fate::Says(mixed("")),
        Fate::Says(mixed("--b--\r\n")),
        Fate::Says(mixed(of_all)),
        Fate::Says(mixed(of_another)),
        Fate::Says(mixed("--c\r\nContent-ID: 0\r\n\r\nHTTP/1.1 202 X\r\n\r\n--c--\r\n")),
        Fate::Says(mixed("--b\r\nContent-ID: 0\r\n\r\nHTTP/1.1 2")),
        Fate::Silence,
        Fate::Nothing,
        Fate::Twice,
    ];
    says.extend(
        [400, 401, 403, 409, 412, 418, 429, 500, 503]
            .map(|status| Fate::Says(Reply::new(status).body(error))),
    );
    says
}

#[test]
fn an_answer_that_confirms_nothing_closes_nothing() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            for fate in empty_words() {
                // Google has no batches.
                if kind == Kind::Google && matches!(fate, Fate::Twice) {
                    continue;
                }
                scope.spawn(move || {
                    let why = format!("{kind:?}: {fate:?}");
                    let server = Blobs::new(kind);
                    let lopper = three(&server);
                    server.fates(vec![fate; 50]);
                    let answer = run(&server, &lopper, WIKI);
                    assert_eq!(answer.exit_code, 5, "{why}\n{answer}");
                    assert_eq!(
                        (closed(&server, &lopper, &why), server.keys().len()),
                        (0, 3),
                        "{why}"
                    );
                    is_finished(&server, &lopper, &why);
                });
            }
        }
    });
}

/// Of Azure's batches each part has its own answer.
#[test]
fn parts_that_fail_or_are_not_spoken_of_stay() {
    let fates = [
        Fate::Parts(vec![1], 403),
        Fate::Parts(vec![0, 2], 500),
        Fate::Parts(vec![0, 1, 2], 409),
        Fate::Unsaid(vec![0]),
        Fate::Unsaid(vec![1, 2]),
        Fate::Unsaid(vec![0, 1, 2]),
    ];
    for fate in fates {
        let why = format!("{fate:?}");
        let server = Blobs::new(Kind::Azure);
        let lopper = three(&server);
        server.fates(vec![fate; 50]);
        run(&server, &lopper, WIKI).code(5);
        assert_eq!(closed(&server, &lopper, &why), 3 - server.keys().len(), "{why}");
        assert!(!server.keys().is_empty(), "{why}");
        is_finished(&server, &lopper, &why);
    }
}

/// What goes although the answer is lost is gone when it is asked for again.
#[test]
fn what_has_gone_unheard_is_confirmed_the_next_time() {
    for kind in KINDS {
        let server = Blobs::new(kind);
        let lopper = three(&server);
        server.fates(vec![Fate::Done(Reply::new(500)); 3]);
        run(&server, &lopper, WIKI);
        closed(&server, &lopper, "unheard");
        is_finished(&server, &lopper, "unheard");
        assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["done"], "{kind:?}");
    }
}

#[test]
fn no_redirect_is_followed() {
    for kind in KINDS {
        let (server, elsewhere) = (Blobs::new(kind), Elsewhere::new());
        let lopper = three(&server);
        for status in [301, 302, 307, 308] {
            let away = Reply::new(status).header("Location", &elsewhere.url());
            server.listings([away.clone()]);
            let says = format!("the store answered {status} and points to another address");
            run(&server, &lopper, WIKI).code(1).stderr_has(&says);
            assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
        }
        let away = Reply::new(307).header("Location", &elsewhere.url());
        server.fates(vec![Fate::Says(away); 50]);
        run(&server, &lopper, WIKI).code(5);
        assert_eq!(server.keys().len(), 3);
        is_finished(&server, &lopper, "a redirect");
        assert!(elsewhere.heard().is_empty(), "{kind:?}: {:?}", elsewhere.heard());
    }
}

/// A listing that is none, or breaks off, is no empty bucket.
#[test]
fn a_listing_that_is_none_stops_a_kill() {
    for kind in KINDS {
        let server = Blobs::new(kind);
        let lopper = three(&server);
        for reply in [
            Reply::new(200).body("<html>Sign in</html>"),
            Reply::new(200).body(""),
            Reply::new(200).body("<EnumerationResults><Blobs><Blob><Name>k</Name></Blob></Blobs></EnumerationResults>"),
            Reply::new(200).body("<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>"),
            Reply::new(200).body("<ListBucketResult>").length(99),
            Reply::new(403).body("<Error><Code>AccessDenied</Code></Error>"),
        ] {
            let why = format!("{kind:?}: {reply:?}");
            server.listings(vec![reply; 50]);
            let answer = run(&server, &lopper, WIKI);
            assert_eq!(answer.exit_code, 1, "{why}\n{answer}");
            assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"], "{why}");
        }
        is_finished(&server, &lopper, "listings");
    }
}

#[test]
fn whatever_a_server_answers_a_row_is_closed_only_when_its_key_is_gone() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            for seed in 0..6 {
                scope.spawn(move || {
                    let mut chance = Chance(seed * 77 + 5);
                    let server = Blobs::new(kind);
                    let lopper = three(&server);
                    let mut fates = empty_words();
                    if kind == Kind::Google {
                        fates.retain(|fate| !matches!(fate, Fate::Twice));
                    } else {
                        fates.extend([Fate::Parts(vec![1], 403), Fate::Unsaid(vec![0, 2])]);
                    }
                    fates.extend([
                        Fate::Done(Reply::new(503)),
                        Fate::Done(Reply::new(200).length(9)),
                    ]);
                    for command in [WIKI, RESUME, RESUME] {
                        server.fates((0..3).map(|_| chance.one_of(&fates)));
                        let answer = run(&server, &lopper, command);
                        assert!([0, 5].contains(&answer.exit_code), "{answer}");
                        closed(&server, &lopper, &format!("{kind:?} {seed}"));
                    }
                    is_finished(&server, &lopper, &format!("{kind:?} {seed}"));
                });
            }
        }
    });
}
