//! Whatever a store answers: a row is closed only when its very key was confirmed, the rest stays in the journal, and
//! nobody but the configured endpoint hears of anything.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{WIKI, command, story, zip};
use crate::support::bucket::{Bucket, Fault};
use crate::support::reply::{Elsewhere, Reply};
use crate::support::{Answer, Chance, Lopper, seg};

/// As if whoever answers wrongly did so for ever: nothing is tried a second time.
fn impatient(lopper: &Lopper, arguments: &[&str]) -> Answer {
    with_patience(lopper, arguments, "10000 50")
}

/// What is transient is tried again.
fn patient(lopper: &Lopper, arguments: &[&str]) -> Answer {
    with_patience(lopper, arguments, "10000")
}

fn with_patience(lopper: &Lopper, arguments: &[&str], millis: &str) -> Answer {
    let mut command = command(lopper, arguments);
    let command = command.env("LOPPER_TEST_STORAGE_TIMEOUT", millis);
    Answer::of(command.env("AWS_SESSION_TOKEN", "token"))
}

fn descriptor(number: usize) -> String {
    zip(number).replace("index.zip", "descriptor.json")
}

/// Rows of these numbers, and their files.
fn three(bucket: &Bucket) -> Lopper {
    let keys = [0, 1, 2].map(zip);
    bucket.put(keys.clone());
    story(bucket, &keys.each_ref().map(String::as_str))
}

/// Nothing is lost: the rows are open, and the next kill finishes them.
#[track_caller]
fn is_finished_later(bucket: &Bucket, lopper: &Lopper, why: &str) {
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["pending"], "{why}");
    assert_eq!(bucket.keys().len(), 3, "{why}");
    bucket.deletions([]);
    impatient(lopper, &["kill", "--resume"]).code(0);
    assert!(bucket.keys().is_empty(), "{why}");
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["done"], "{why}");
}

#[test]
fn keys_of_which_the_answer_does_not_speak_stay() {
    let bucket = Bucket::new();
    let lopper = three(&bucket);
    bucket.deletions(vec![Fault::Only(vec![zip(1), descriptor(1), descriptor(2)]); 50]);
    impatient(&lopper, WIKI).code(5);
    assert_eq!(bucket.keys(), [zip(0), zip(2)]);
    let rows = "SELECT state, last_error LIKE '%: the store did not confirm it' FROM deletions ORDER BY file";
    assert_eq!(lopper.sql(rows), ["pending|1", "done|", "pending|1"]);
    bucket.deletions([]);
    impatient(&lopper, &["kill", "--resume"]).code(0);
    assert!(bucket.keys().is_empty());
}

#[test]
fn one_answer_that_says_too_little_is_asked_again() {
    let bucket = Bucket::new();
    let lopper = three(&bucket);
    bucket.deletions([Fault::Only(vec![zip(1)]), Fault::Only(vec![])]);
    patient(&lopper, WIKI).code(0);
    assert!(bucket.keys().is_empty());
}

/// Each of them is the answer of a store, a gateway or a proxy that has said yes and done nothing.
#[test]
fn an_answer_that_confirms_nothing_closes_nothing() {
    let other = "<DeleteResult><Deleted><Key>segments/other</Key></Deleted></DeleteResult>";
    let of_other = "<DeleteResult><Error><Key>segments/other</Key><Code>AccessDenied</Code><Message>m</Message></Error></DeleteResult>";
    let both = format!(
        "<DeleteResult><Deleted><Key>{0}</Key></Deleted><Error><Key>{0}</Key><Code>InternalError</Code></Error></DeleteResult>",
        zip(0)
    );
    let near = format!(
        "<DeleteResult><Deleted><Key>{0} </Key></Deleted><Deleted><Key>/{0}</Key></Deleted></DeleteResult>",
        zip(0)
    );
    let within =
        format!("<DeleteResult><X><Deleted><Key>{}</Key></Deleted></X></DeleteResult>", zip(0));
    let cut = format!("<DeleteResult><Deleted><Key>{}</Key></Deleted>", zip(0));
    let two = format!(
        "<DeleteResult/><DeleteResult><Deleted><Key>{}</Key></Deleted></DeleteResult>",
        zip(0)
    );
    let bodies: Vec<&[u8]> = vec![
        b"",
        b"<DeleteResult/>",
        b"<DeleteResult></DeleteResult>",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b"<html><br><body>Sign in",
        b"OK",
        b"{\"Deleted\": []}",
        b"<Error><Code>InternalError</Code></Error>",
        b"<Error><Code>AccessDenied</Code></Error>",
        b"<DeleteResult><Error/><Deleted/></DeleteResult>",
        b"\xff\xfe<DeleteResult/>",
        b"<DeleteResult>&lol;</DeleteResult>",
        other.as_bytes(),
        of_other.as_bytes(),
        both.as_bytes(),
        near.as_bytes(),
        within.as_bytes(),
        cut.as_bytes(),
        two.as_bytes(),
    ];
    std::thread::scope(|scope| {
        for body in bodies {
            scope.spawn(move || {
                let why = String::from_utf8_lossy(body);
                let bucket = Bucket::new();
                let lopper = three(&bucket);
                bucket.deletions(vec![Fault::Says(Reply::new(200).body(body)); 50]);
                let answer = impatient(&lopper, WIKI);
                assert_eq!(answer.exit_code, 5, "{why}\n{answer}");
                is_finished_later(&bucket, &lopper, &why);
            });
        }
    });
}

/// Bodies that are shorter or longer than they claim, or come too slowly to wait for.
#[test]
fn an_answer_that_does_not_come_whole_closes_nothing() {
    let whole: String = [0, 1, 2]
        .map(|number| {
            format!(
                "<Deleted><Key>{}</Key></Deleted><Deleted><Key>{}</Key></Deleted>",
                zip(number),
                descriptor(number)
            )
        })
        .concat();
    let whole = format!("<DeleteResult>{whole}</DeleteResult>");
    let reply = Reply::new(200).body(whole.clone());
    let replies = [
        reply.clone().length(whole.len() + 1),
        reply.clone().length(whole.len() - 1),
        reply.clone().length(0),
        reply.dripping(Duration::from_millis(20)),
    ];
    std::thread::scope(|scope| {
        for reply in replies {
            scope.spawn(move || {
                let why = format!("{reply:?}");
                let bucket = Bucket::new();
                let lopper = three(&bucket);
                bucket.deletions(vec![Fault::Says(reply); 50]);
                with_patience(&lopper, WIKI, "2000 50").code(5);
                is_finished_later(&bucket, &lopper, &why);
            });
        }
    });
}

/// What goes although the answer is lost is gone when it is asked for again.
#[test]
fn what_has_gone_unheard_is_confirmed_the_next_time() {
    let bucket = Bucket::new();
    let lopper = three(&bucket);
    bucket.deletions([Fault::Done(Reply::new(500)), Fault::Done(Reply::new(200).length(9))]);
    patient(&lopper, WIKI).code(0);
    assert!(bucket.keys().is_empty());
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["done"]);
}

#[test]
fn no_redirect_is_followed() {
    let (bucket, elsewhere) = (Bucket::new(), Elsewhere::new());
    let lopper = three(&bucket);
    for status in [300, 301, 302, 303, 307, 308] {
        let away = Reply::new(status).header("Location", &elsewhere.url());
        bucket.faults([Fault::Says(away.clone())]);
        impatient(&lopper, WIKI)
            .code(1)
            .stderr_has(&format!("the store answered {status} and points to another address"))
            .stderr_has("set endpoint");
        assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
    }
    let away = Reply::new(307).header("Location", &elsewhere.url());
    bucket.deletions(vec![Fault::Says(away); 50]);
    impatient(&lopper, WIKI).code(5);
    is_finished_later(&bucket, &lopper, "a redirect");
    assert!(elsewhere.heard().is_empty(), "{:?}", elsewhere.heard());
}

/// Also to the same host: a request that is signed for one region is worth nothing in another.
#[test]
fn a_bucket_in_another_region_is_named() {
    let bucket = Bucket::new();
    let lopper = three(&bucket);
    let away = |region: &str| {
        let reply = Reply::new(301).header("Location", "/deep?list-type=2");
        Fault::Says(reply.header("x-amz-bucket-region", region))
    };
    bucket.faults([away("eu-central-1")]);
    impatient(&lopper, WIKI)
        .code(1)
        .stderr_has("the bucket is in the region eu-central-1, so write region = 'eu-central-1'")
        .stderr_has("[deep_storage.s3]");
    assert_eq!(bucket.requests().len(), 1);
    bucket.faults([away("'\\n[evil]")]);
    impatient(&lopper, WIKI).code(1).stderr_lacks("evil").stderr_has("set endpoint");
}

#[test]
fn a_listing_that_is_none_stops_a_kill_at_once() {
    let bucket = Bucket::new();
    let lopper = three(&bucket);
    for (body, says) in [
        ("<html>Sign in</html>", "with something else than a listing"),
        ("", "breaks off"),
        (
            "<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>",
            "something else",
        ),
        (
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "names no next page",
        ),
    ] {
        bucket.faults(vec![Fault::Says(Reply::new(200).body(body)); 50]);
        impatient(&lopper, WIKI).code(1).stderr_has(says);
        bucket.faults([]);
        assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
    }
}

#[test]
fn a_listing_that_does_not_go_on_ends() {
    let bucket = Bucket::new();
    let lopper = three(&bucket);
    let page = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
    bucket.faults(vec![Fault::Says(Reply::new(200).body(page)); 50]);
    impatient(&lopper, WIKI).code(1).stderr_has("the listing does not go on");
}

#[test]
fn listings_of_many_pages_are_read_to_their_end() {
    let bucket = Bucket::new();
    let folder = zip(0).replace("index.zip", "index/");
    bucket.put((0..7).map(|number| format!("{folder}{number}&<>'\"")));
    bucket.pages_of(2);
    let lopper = story(&bucket, &[&folder]);
    impatient(&lopper, &["fsck", "--deep-storage", "--output", "json"])
        .code(0)
        .stdout_has("\"listed\":7");
    impatient(&lopper, WIKI).code(0);
    assert!(bucket.keys().is_empty());
}

/// It fails alone, and keeps none of the others from going.
#[test]
fn a_key_that_spoils_every_request_stays_and_the_others_go() {
    let bucket = Bucket::new();
    let keys: Vec<String> = (0..40).map(zip).collect();
    bucket.put(keys.clone());
    bucket.cannot_read(&zip(23));
    let lopper = story(&bucket, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    impatient(&lopper, WIKI).code(5).stdout_has("the store answered 400 (MalformedXML)");
    assert_eq!(bucket.keys(), [zip(23)]);
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions WHERE state = 'done'"), ["39"]);
}

/// A store that cannot read anything is not pressed with a request for every key.
#[test]
fn a_store_that_can_read_nothing_is_asked_little() {
    let bucket = Bucket::new();
    let keys: Vec<String> = (0..40).map(zip).collect();
    bucket.put(keys.clone());
    bucket.cannot_read("segments");
    let lopper = story(&bucket, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    impatient(&lopper, WIKI).code(5);
    assert!(bucket.requests().len() < 9, "{:?}", bucket.requests());
}

/// A kill that fails says of what, and why.
#[test]
fn some_failures_are_named_with_their_reasons() {
    let bucket = Bucket::new();
    let keys: Vec<String> = (0..9).map(zip).collect();
    bucket.put(keys.clone());
    keys[..6].iter().for_each(|key| bucket.refuse(key, "AccessDenied"));
    bucket.refuse(&keys[6], "InvalidObjectState");
    let lopper = story(&bucket, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    impatient(&lopper, WIKI)
        .code(5)
        .stdout_has(&format!(
            "step 1: failed: cannot delete s3://deep/{}: the store refused (AccessDenied) (and 5 more for this reason)",
            zip(0)
        ))
        .stdout_has(&format!("{}: the store refused (InvalidObjectState)\n", zip(6)))
        .stdout_has("SELECT id, file, last_error FROM deletions");
    let report = impatient(&lopper, &["kill", "--resume", "--output", "json"]).code(5).json();
    let failures = &report["steps"][0]["kill"]["failures"];
    assert_eq!(failures[0]["files"], 6, "{failures:#}");
    assert_eq!(failures[0]["file"], format!("s3://deep/{}", zip(0)));
    assert_eq!(failures[1]["files"], 1);
    assert_eq!(failures[2], serde_json::Value::Null);
}

/// What would end the process within the client.
#[test]
fn odd_settings_are_refused() {
    let bucket = Bucket::new();
    let lopper = three(&bucket);
    let mut command = command(&lopper, WIKI);
    Answer::of(command.env("AWS_SESSION_TOKEN", "token\n"))
        .code(1)
        .stderr_has("such as the end of a line");
    // A configuration with such an endpoint is refused before; the environment is read by the client.
    let toml = bucket.config();
    let start = toml.split("endpoint = ").next().unwrap();
    let segment = seg("wiki", "2015-09-12/P1D").unused().s3("deep", &zip(0));
    let lopper = Lopper::new().config(&format!("{start}allow_http = true\n")).segments([segment]);
    for endpoint in ["http://256.1.1.1:9", "http:", "a b", "mailto:x@y"] {
        let mut command = super::command(&lopper, WIKI);
        Answer::of(command.env("AWS_ENDPOINT", endpoint))
            .code(1)
            .stderr_has("is no address such as https://host:port");
    }
}

/// What one server could answer next.
fn fate(chance: &mut Chance) -> Fault {
    let keys: Vec<String> = (0..4).flat_map(|number| [zip(number), descriptor(number)]).collect();
    let some: Vec<String> = keys.iter().filter(|_| chance.below(2) == 0).cloned().collect();
    let confirms = |keys: &[String]| {
        let keys: String =
            keys.iter().map(|key| format!("<Deleted><Key>{key}</Key></Deleted>")).collect();
        format!("<DeleteResult>{keys}</DeleteResult>")
    };
    let elsewhere = ["segments/a".to_owned(), "segments/b".to_owned()];
    match chance.below(12) {
        0 => Fault::None,
        1 | 2 => Fault::Only(some),
        3 => Fault::Key(chance.one_of(&keys), "AccessDenied"),
        4 => Fault::Key(chance.one_of(&keys), "SlowDown"),
        5 => Fault::Half,
        6 => Fault::Done(Reply::new(503)),
        7 => Fault::Says(Reply::new(chance.one_of(&[301, 307, 403, 404, 418, 500]))),
        8 => Fault::Says(Reply::new(200).body(confirms(&elsewhere))),
        9 => Fault::Says(Reply::new(200).body(&confirms(&keys).as_bytes()[..chance.below(60)])),
        10 => Fault::Nothing,
        _ => Fault::Done(Reply::new(200).body(confirms(&some))),
    }
}

/// The truth is with the server: it confirms no key that it keeps.
#[test]
fn whatever_a_server_answers_a_row_is_closed_only_when_its_key_is_gone() {
    std::thread::scope(|scope| {
        for seed in 0..4 {
            scope.spawn(move || {
                (0..4).for_each(|round| a_random_server(&mut Chance(seed * 1000 + round)));
            });
        }
    });
}

fn a_random_server(chance: &mut Chance) {
    let bucket = Bucket::new();
    let keys: Vec<String> = (0..4).map(zip).collect();
    bucket.put(keys.clone());
    bucket.put([descriptor(1), descriptor(3)]);
    let lopper = story(&bucket, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    for command in [WIKI, &["kill", "--resume"]] {
        bucket.deletions(std::iter::repeat_with(|| fate(chance)).take(3).collect::<Vec<_>>());
        let answer = impatient(&lopper, command);
        assert!([0, 5].contains(&answer.exit_code), "{answer}");
        let left: BTreeSet<_> = bucket.keys().into_iter().collect();
        let done = lopper.sql(
            "SELECT substr(file, length('s3://deep/') + 1) FROM deletions WHERE state = 'done'",
        );
        let lost: Vec<_> = done.iter().filter(|key| left.contains(*key)).collect();
        assert!(lost.is_empty(), "closed, and still there: {lost:?}");
        let open = lopper.sql("SELECT count(*) FROM deletions WHERE state <> 'done'");
        assert_eq!(open == ["0"], answer.exit_code == 0, "{answer}");
    }
    bucket.deletions([]);
    impatient(&lopper, &["kill", "--resume"]).code(0);
    assert!(bucket.keys().is_empty());
}
