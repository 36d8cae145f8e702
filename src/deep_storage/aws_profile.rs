//! Keys and region from the files of the AWS command line: `~/.aws/credentials` and `~/.aws/config`. The environment's
//! own come before them, those of a container or a machine after.

use std::env;
use std::io::ErrorKind;
use std::path::PathBuf;

use object_store::aws::AwsCredential;

use super::DeleteError;

/// What a profile holds that can be used without asking anyone.
pub(super) struct Profile {
    /// None where the environment has credentials.
    pub(super) keys: Option<AwsCredential>,
    /// None where the environment has one.
    pub(super) region: Option<String>,
}

/// Variables of a web identity, which comes before a profile's keys as the environment's own do.
const WEB_IDENTITY: [&str; 2] = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"];

/// Settings by which a profile stands for somebody whose keys are not in it.
const ELSEWHERE: [&str; 4] = ["role_arn", "sso_session", "sso_start_url", "credential_process"];

impl Profile {
    /// The profile that `AWS_PROFILE` names, else `default`.
    ///
    /// # Errors
    /// When other credentials than the profile's would be taken in its place: it is named and not there, its file
    /// cannot be read, it stands for a role or a sign-on, or holds half of a pair of keys.
    pub(super) fn of_environment() -> Result<Self, DeleteError> {
        let name = set("AWS_PROFILE");
        let has_keys = set("AWS_ACCESS_KEY_ID").is_some()
            || WEB_IDENTITY.iter().all(|variable| set(variable).is_some());
        let has_region =
            ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|name| set(name).is_some());
        let sections = sections(name.as_deref().unwrap_or("default"));
        if has_keys {
            let region = sections.ok().and_then(|both| value(&both, "region"));
            return Ok(Self { keys: None, region: region.filter(|_| !has_region) });
        }
        let both = sections?;
        let keys = match name {
            Some(name) if both.is_empty() => {
                let why = "is neither in ~/.aws/credentials nor in ~/.aws/config";
                return Err(DeleteError(format!("the profile '{name}' of AWS_PROFILE {why}")));
            }
            name => keys(&both, name.as_deref().unwrap_or("default"))?,
        };
        Ok(Self { keys, region: value(&both, "region").filter(|_| !has_region) })
    }
}

/// Settings of a section.
type Section = Vec<(String, String)>;

/// The profile's sections in both files, as far as they are there.
fn sections(profile: &str) -> Result<Vec<Section>, DeleteError> {
    let credentials = text("AWS_SHARED_CREDENTIALS_FILE", "credentials")?;
    let config = text("AWS_CONFIG_FILE", "config")?;
    let long = format!("profile {profile}");
    let in_config = if profile == "default" { profile } else { &long };
    Ok([section(&credentials, profile), section(&config, in_config)]
        .into_iter()
        .flatten()
        .collect())
}

fn value(sections: &[Section], key: &str) -> Option<String> {
    let is_meant = |(name, value): &&(String, String)| name == key && !value.is_empty();
    sections.iter().flatten().find(is_meant).map(|(_, value)| value.clone())
}

fn keys(sections: &[Section], profile: &str) -> Result<Option<AwsCredential>, DeleteError> {
    let refused = |why: &str| Err(DeleteError(format!("the profile '{profile}' of AWS {why}")));
    if let Some(key) = ELSEWHERE.iter().find(|key| value(sections, key).is_some()) {
        return refused(&format!("has {key}, which is not followed: keys are needed"));
    }
    let key = |key: &str| value(sections, key);
    match (key("aws_access_key_id"), key("aws_secret_access_key")) {
        (Some(key_id), Some(secret_key)) => {
            Ok(Some(AwsCredential { key_id, secret_key, token: key("aws_session_token") }))
        }
        (None, None) => Ok(None),
        _ => refused("has but one of aws_access_key_id and aws_secret_access_key"),
    }
}

fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

/// A file's text; nothing where there is none.
fn text(variable: &str, name: &str) -> Result<String, DeleteError> {
    let at_home = || Some(PathBuf::from(env::var_os("HOME")?).join(".aws").join(name));
    let Some(path) = set(variable).map(PathBuf::from).or_else(at_home) else {
        return Ok(String::new());
    };
    match std::fs::read_to_string(&path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(String::new())
        }
        text => {
            text.map_err(|error| DeleteError(format!("{} cannot be read: {error}", path.display())))
        }
    }
}

/// A section of an INI file.
fn section(text: &str, wanted: &str) -> Option<Section> {
    let mut found: Option<Section> = None;
    let mut is_in = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            is_in = name.split_whitespace().eq(wanted.split_whitespace());
            if is_in {
                found.get_or_insert_default();
            }
        } else if is_in
            && let Some((name, value)) = line.split_once('=')
            && let Some(section) = &mut found
        {
            section.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}
