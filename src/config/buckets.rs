//! Places of deep storage that are buckets. Credentials come from the environment and its profiles, never from here.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{At, Mistake, Mistakes};

/// A bucket, or a container, and what segments are called in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// What keys begin with, whole parts without slashes at the ends; empty for the whole bucket.
    pub prefix: String,
    /// The URL of a store other than the usual one.
    pub endpoint: Option<String>,
    /// Whether an endpoint without TLS is allowed.
    pub allow_http: bool,
}

/// A bucket of S3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3 {
    /// The bucket.
    pub bucket: Bucket,
    /// The region; else the environment's.
    pub region: Option<String>,
    /// Whether the bucket is a part of the URL's path and not of its host name.
    pub path_style: bool,
}

/// A bucket of Google Cloud Storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Google {
    /// The bucket.
    pub bucket: Bucket,
}

/// A container of Azure Blob Storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Azure {
    /// The container.
    pub bucket: Bucket,
    /// The storage account; else the environment's.
    pub account: Option<String>,
}

/// Druid's `s3` deep storage. Credentials come from the environment and its profiles alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct S3Spec {
    /// The bucket (Druid's `druid.storage.bucket`).
    #[schemars(required, length(min = 1), example = &"deep-storage")]
    bucket: Option<String>,
    /// What the keys of segments begin with (Druid's `druid.storage.baseKey`); "" for the whole bucket.
    #[schemars(required, example = &"druid/segments")]
    prefix: Option<String>,
    /// The region; else the environment's, or the profile's.
    region: Option<String>,
    /// The URL of a store other than Amazon's (Druid's `druid.s3.endpoint.url`).
    #[schemars(regex(pattern = "^https?://"))]
    endpoint: Option<String>,
    /// Whether the bucket is a part of the URL's path (Druid's `druid.s3.enablePathStyleAccess`); yes by default.
    path_style: Option<bool>,
    /// Whether an endpoint without TLS is allowed; no by default.
    allow_http: Option<bool>,
}

/// Druid's `google` deep storage. Credentials come from the environment and its profiles alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct GoogleSpec {
    /// The bucket (Druid's `druid.google.bucket`).
    #[schemars(required, length(min = 1), example = &"deep-storage")]
    bucket: Option<String>,
    /// What the paths of segments begin with (Druid's `druid.google.prefix`); "" for the whole bucket.
    #[schemars(required, example = &"druid/segments")]
    prefix: Option<String>,
    /// The URL of a store other than Google's.
    #[schemars(regex(pattern = "^https?://"))]
    endpoint: Option<String>,
    /// Whether an endpoint without TLS is allowed; no by default.
    allow_http: Option<bool>,
}

/// Druid's `azure` deep storage. Credentials come from the environment and its profiles alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct AzureSpec {
    /// The storage account (Druid's `druid.azure.account`); else `AZURE_STORAGE_ACCOUNT_NAME` of the environment.
    account: Option<String>,
    /// The container (Druid's `druid.azure.container`).
    #[schemars(required, length(min = 1), example = &"deep-storage")]
    container: Option<String>,
    /// What the blobs of segments begin with (Druid's `druid.azure.prefix`); "" for the whole container.
    #[schemars(required, example = &"druid/segments")]
    prefix: Option<String>,
    /// The URL of a store other than Azure's.
    #[schemars(regex(pattern = "^https?://"))]
    endpoint: Option<String>,
    /// Whether an endpoint without TLS is allowed; no by default.
    allow_http: Option<bool>,
}

impl S3Spec {
    pub(crate) fn check(self) -> Result<S3, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let given = Given {
            keys: &["bucket"],
            name: self.bucket,
            prefix: self.prefix,
            endpoint: self.endpoint,
            allow_http: self.allow_http,
        };
        let bucket = given.check(&mut mistakes, "druid.storage.bucket", "druid.storage.baseKey");
        let (region, path_style) = (self.region, self.path_style.unwrap_or(true));
        mistakes.or(bucket.map(|bucket| S3 { bucket, region, path_style }))
    }
}

impl GoogleSpec {
    pub(crate) fn check(self) -> Result<Google, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let given = Given {
            keys: &["bucket"],
            name: self.bucket,
            prefix: self.prefix,
            endpoint: self.endpoint,
            allow_http: self.allow_http,
        };
        let bucket = given.check(&mut mistakes, "druid.google.bucket", "druid.google.prefix");
        mistakes.or(bucket.map(|bucket| Google { bucket }))
    }
}

impl AzureSpec {
    pub(crate) fn check(self) -> Result<Azure, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let given = Given {
            keys: &["container"],
            name: self.container,
            prefix: self.prefix,
            endpoint: self.endpoint,
            allow_http: self.allow_http,
        };
        let bucket = given.check(&mut mistakes, "druid.azure.container", "druid.azure.prefix");
        mistakes.or(bucket.map(|bucket| Azure { bucket, account: self.account }))
    }
}

/// What every kind of bucket is told.
struct Given {
    /// How the name's key is called: `bucket` or `container`.
    keys: &'static [&'static str; 1],
    name: Option<String>,
    prefix: Option<String>,
    endpoint: Option<String>,
    allow_http: Option<bool>,
}

impl Given {
    /// Checks it; the two properties of Druid say where name and prefix are found.
    fn check(self, mistakes: &mut Mistakes, name: &str, prefix: &str) -> Option<Bucket> {
        let [key] = *self.keys;
        let help = format!("write {name} of the cluster, such as {key} = \"deep-storage\"");
        match self.name.as_deref() {
            None => mistakes.add(At::Missing(self.keys), format!("the place has no '{key}'"), help),
            Some(name) if name.is_empty() || name.contains('/') => {
                mistakes.add(At::Key(key), format!("this is no name of a {key}"), help);
            }
            Some(_) => {}
        }
        let help = format!("write {prefix} of the cluster, such as prefix = \"druid/segments\"");
        let below = self.prefix.as_deref().map(|prefix| prefix.trim_matches('/'));
        match below {
            None => mistakes.add(At::Missing(&["prefix"]), "the place has no 'prefix'", help),
            Some("") => {}
            Some(prefix) if prefix.split('/').any(|part| matches!(part, "" | "." | "..")) => {
                mistakes.add(At::Key("prefix"), "a part of the prefix is empty or dots", help);
            }
            Some(_) => {}
        }
        let allow_http = self.allow_http.unwrap_or_default();
        if let Some(endpoint) = &self.endpoint {
            check_endpoint(mistakes, endpoint, allow_http);
        }
        let prefix = below?.to_owned();
        Some(Bucket { name: self.name?, prefix, endpoint: self.endpoint, allow_http })
    }
}

fn check_endpoint(mistakes: &mut Mistakes, endpoint: &str, allow_http: bool) {
    let help = "write a URL such as endpoint = \"https://storage.example.org\"";
    if endpoint.contains('@') {
        mistakes.add(At::Key("endpoint"), "credentials do not belong here", help);
    } else if endpoint.starts_with("http://") && !allow_http {
        let help = "use https, or set allow_http = true where the network can be trusted";
        mistakes.add(At::Key("endpoint"), "the endpoint has no TLS", help);
    } else if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
        mistakes.add(At::Key("endpoint"), "this is no URL", help);
    }
}
