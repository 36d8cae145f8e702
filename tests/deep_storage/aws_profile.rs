//! Keys and region from the files of the AWS command line: whose they are, and when they are taken.

use super::zip;
use crate::support::bucket::{Bucket, SECRET};
use crate::support::{Answer, Lopper, seg};

/// A store with one segment to kill, in a bucket whose region nobody has set.
struct Story {
    bucket: Bucket,
    lopper: Lopper,
}

impl Story {
    /// With the two files below the home directory.
    fn new(credentials: &str, config: &str) -> Self {
        let bucket = Bucket::new();
        bucket.put([zip(0)]);
        let toml = bucket.config().replace("region = 'eu-west-1'\n", "");
        let segment = seg("wiki", "2015-09-12/P1D").unused().s3("deep", &zip(0));
        let lopper = Lopper::new().config(&toml).segments([segment]);
        lopper.file(".aws/credentials", credentials);
        lopper.file(".aws/config", config);
        Self { bucket, lopper }
    }

    fn kill(&self, environment: &[(&str, &str)]) -> Answer {
        let mut command = self.lopper.command(["kill", "wiki", "--yes"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env("HOME", self.lopper.path("")).env("NO_PROXY", "127.0.0.1");
        let answer = Answer::of(command.envs(environment.iter().copied()));
        let store = std::fs::read(self.lopper.store()).unwrap();
        assert!(!store.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
        answer.stdout_lacks(SECRET).stderr_lacks(SECRET)
    }

    /// Kills, and answers with which key and for which region: `owl/eu-west-1`.
    #[track_caller]
    fn signed(&self, environment: &[(&str, &str)]) -> String {
        self.kill(environment).code(0);
        assert!(self.bucket.keys().is_empty());
        let mut signers: Vec<_> =
            self.bucket.authorizations().iter().map(|one| signer(one)).collect();
        signers.dedup();
        assert_eq!(signers.len(), 1, "{signers:?}");
        signers.remove(0)
    }
}

/// `owl/eu-west-1` of `… Credential=owl/20240601/eu-west-1/s3/aws4_request, …`.
fn signer(authorization: &str) -> String {
    let scope: Vec<_> = authorization.split_once("Credential=").unwrap().1.split('/').collect();
    format!("{}/{}", scope[0], scope[2])
}

fn keys(id: &str) -> String {
    format!("aws_access_key_id = {id}\naws_secret_access_key={SECRET}\n")
}

/// Two profiles, each with its keys and its region.
fn two() -> Story {
    Story::new(
        &format!("# keys\n[default]\n{}\n[ night ]\n{}", keys("day"), keys("owl")),
        "[default]\nregion = eu-west-1\n[profile night]\ns3 =\n  addressing_style = path\nregion=us-east-2\n",
    )
}

#[test]
fn the_named_profile_else_the_default_one_has_keys_and_region() {
    assert_eq!(two().signed(&[]), "day/eu-west-1");
    assert_eq!(two().signed(&[("AWS_PROFILE", "")]), "day/eu-west-1");
    assert_eq!(two().signed(&[("AWS_PROFILE", "night")]), "owl/us-east-2");
}

#[test]
fn keys_may_stand_in_the_config_too() {
    let story = Story::new("", &format!("[profile night]\n{}region = eu-west-1", keys("owl")));
    assert_eq!(story.signed(&[("AWS_PROFILE", "night")]), "owl/eu-west-1");
}

#[test]
fn the_files_may_lie_elsewhere() {
    let story = two();
    let credentials = story.lopper.file("keys.ini", format!("[default]\n{}", keys("moved")));
    let config = story.lopper.file("settings.ini", "[default]\nregion = sa-east-1\n");
    let elsewhere = [
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap()),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
    ];
    assert_eq!(story.signed(&elsewhere), "moved/sa-east-1");
}

#[test]
fn the_environment_comes_before_the_files() {
    let keys = [("AWS_ACCESS_KEY_ID", "own"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    assert_eq!(two().signed(&keys), "own/eu-west-1");
    assert_eq!(two().signed(&[("AWS_REGION", "ap-east-1")]), "day/ap-east-1");
    // Even before a profile that is not there.
    let story = Story::new("", "");
    let all = [&keys[..], &[("AWS_PROFILE", "owl"), ("AWS_REGION", "ap-east-1")]].concat();
    assert_eq!(story.signed(&all), "own/ap-east-1");
}

/// Those of a container or of the machine, which nothing here would answer for, come after.
#[test]
fn the_files_come_before_a_container() {
    let container = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/keys")];
    assert_eq!(two().signed(&container), "day/eu-west-1");
}

/// A token belongs to its keys: the one of the environment has lost them.
#[test]
fn a_token_is_of_the_same_profile() {
    let story = two();
    story.kill(&[("AWS_SESSION_TOKEN", "stale")]).code(0);
    let signed = story.bucket.authorizations();
    assert!(signed.iter().all(|one| !one.contains("x-amz-security-token")), "{signed:?}");

    let story = Story::new(&format!("[default]\n{}aws_session_token = fresh\n", keys("day")), "");
    story.kill(&[("AWS_REGION", "eu-west-1")]).code(0);
    let signed = story.bucket.authorizations();
    assert!(signed.iter().all(|one| one.contains("x-amz-security-token")), "{signed:?}");
}

/// Nobody's else credentials are taken in the place of a profile that was meant.
#[test]
fn a_profile_that_cannot_be_used_stops_the_kill() {
    let named = [("AWS_PROFILE", "owl")];
    let role = "[profile owl]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n";
    let half = format!("[owl]\naws_secret_access_key = {SECRET}\n");
    for (credentials, config, says) in [
        ("", "", "the profile 'owl' of AWS_PROFILE is neither in"),
        ("", role, "the profile 'owl' of AWS has role_arn, which is not followed"),
        (&half, "", "the profile 'owl' of AWS has but one of aws_access_key_id and"),
    ] {
        let story = Story::new(credentials, config);
        story.kill(&named).code(1).stderr_has(says).stderr_has("help: look at");
        assert!(story.bucket.requests().is_empty());
        assert_eq!(story.lopper.ids(false).len(), 1);
    }
    let story = Story::new("", "");
    std::fs::remove_file(story.lopper.path(".aws/credentials")).unwrap();
    std::fs::create_dir(story.lopper.path(".aws/credentials")).unwrap();
    story.kill(&[]).code(1).stderr_has(".aws/credentials cannot be read: ");
}
