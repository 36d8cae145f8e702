//! Keys and region from the files of the AWS command line: `~/.aws/credentials` and `~/.aws/config`. The environment's
//! own come before them, those of the machine after.

use std::env;
use std::path::PathBuf;

/// What a profile holds that can be used without asking anyone.
#[derive(Default)]
pub(super) struct Profile {
    pub(super) access_key_id: Option<String>,
    pub(super) secret_access_key: Option<String>,
    pub(super) session_token: Option<String>,
    pub(super) region: Option<String>,
}

/// Variables that say where credentials come from before any profile is asked.
const BEFORE: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

impl Profile {
    /// The profile that `AWS_PROFILE` names, else `default`; of keys nothing where the environment has other
    /// credentials. A profile that is not there, or holds no keys (a role, a single sign-on), is empty.
    pub(super) fn of_environment() -> Self {
        let name = set("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
        let credentials = text("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = text("AWS_CONFIG_FILE", "config");
        let in_config = if name == "default" { name.clone() } else { format!("profile {name}") };
        let value =
            |key: &str| find(&credentials, &name, key).or_else(|| find(&config, &in_config, key));
        let has_other = BEFORE.iter().any(|variable| set(variable).is_some());
        let key = |key: &str| value(key).filter(|_| !has_other);
        let has_region =
            ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|name| set(name).is_some());
        Self {
            access_key_id: key("aws_access_key_id"),
            secret_access_key: key("aws_secret_access_key"),
            session_token: key("aws_session_token"),
            region: value("region").filter(|_| !has_region),
        }
    }
}

fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// A file's text; nothing where there is none.
fn text(variable: &str, name: &str) -> String {
    let at_home = || Some(PathBuf::from(env::var_os("HOME")?).join(".aws").join(name));
    let path = set(variable).map(PathBuf::from).or_else(at_home);
    path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
}

/// The value of a key in a section of an INI file.
fn find(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_in = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            is_in = name.split_whitespace().eq(section.split_whitespace());
        } else if is_in
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            return Some(value.trim().to_owned());
        }
    }
    None
}
