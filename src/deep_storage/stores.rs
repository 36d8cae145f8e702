//! The stores that are buckets: what their load specs stand for, and how they are reached.

use std::sync::Arc;

#[cfg(feature = "s3")]
use object_store::StaticCredentialProvider;
#[cfg(feature = "s3")]
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
#[cfg(feature = "azure")]
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
#[cfg(feature = "gcs")]
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ClientOptions, RetryConfig};

#[cfg(feature = "azure")]
use crate::config::Azure;
use crate::config::Bucket;
#[cfg(feature = "gcs")]
use crate::config::Google;
#[cfg(feature = "s3")]
use crate::config::S3;
use crate::deep_storage::DeleteError;
#[cfg(feature = "s3")]
use crate::deep_storage::aws_profile::Profile;
use crate::deep_storage::bucket::{Extent, Store};
use crate::deep_storage::client::Connector;
use crate::deep_storage::credentials::Checked;
use crate::deep_storage::wire::{Patience, Remote};

fn client(patience: Patience, allow_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_timeout(patience.request)
        .with_connect_timeout(patience.request)
        .with_allow_http(allow_http)
}

/// None: [`super::wire`] tries again, and ends when the run has to.
fn retries(patience: Patience) -> RetryConfig {
    RetryConfig { max_retries: 0, retry_timeout: patience.request, ..RetryConfig::default() }
}

/// Looks at what addresses are made of: `object_store` ends the process over one that is none.
fn check_address(
    store: &dyn Store,
    endpoint: Option<&str>,
    parts: &[Option<&str>],
) -> Result<(), DeleteError> {
    let section = store.section();
    let is_address = |text: &str| {
        let url = text.parse::<reqwest::Url>();
        url.is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme()))
            && text.parse::<hyper::Uri>().is_ok()
    };
    // It may hold a password.
    if endpoint.is_some_and(|endpoint| !is_address(endpoint)) {
        return Err(DeleteError(format!(
            "the endpoint of [deep_storage.{section}] is no address such as https://host:port"
        )));
    }
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_.$".contains(character);
    let parts = [Some(store.bucket().name.as_str())].into_iter().chain(parts.iter().copied());
    match parts.flatten().find(|part| !part.chars().all(is_plain)) {
        Some(part) => Err(DeleteError(format!(
            "{part:?} cannot be part of an address: look at [deep_storage.{section}]"
        ))),
        None => Ok(()),
    }
}

/// Why not is not repeated: it may name what a variable holds.
fn unusable(store: &dyn Store) -> DeleteError {
    let (section, variables) = (store.section(), store.variables());
    DeleteError(format!("[deep_storage.{section}] and the {variables} variables cannot be used"))
}

/// As Druid's `S3DataSegmentKiller`: the object and the descriptor beside it, or all below a key that ends with a
/// slash.
#[cfg(feature = "s3")]
impl Store for S3 {
    fn load_type(&self) -> &'static str {
        "s3_zip"
    }

    fn section(&self) -> &'static str {
        "s3"
    }

    fn variables(&self) -> &'static str {
        "AWS_"
    }

    fn scheme(&self) -> &'static str {
        "s3"
    }

    fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn extent(&self, key: &str) -> Extent {
        if key.ends_with('/') { Extent::Below(key.to_owned()) } else { Extent::WithDescriptor }
    }

    fn tells_absent(&self) -> bool {
        false
    }

    fn connect(&self, patience: Patience) -> Result<Arc<dyn Remote>, DeleteError> {
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&self.bucket.name)
            .with_virtual_hosted_style_request(!self.path_style)
            .with_client_options(client(patience, self.bucket.allow_http))
            .with_retry(retries(patience));
        let profile = Profile::of_environment()?;
        if let Some(keys) = profile.keys {
            builder = builder.with_credentials(Arc::new(StaticCredentialProvider::new(keys)));
        }
        if let Some(region) = self.region.as_ref().or(profile.region.as_ref()) {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &self.bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let value = |key| builder.get_config_value(&key);
        let endpoint = value(AmazonS3ConfigKey::Endpoint);
        check_address(self, endpoint.as_deref(), &[value(AmazonS3ConfigKey::Region).as_deref()])?;
        let builder = builder.with_http_connector(Connector::new(patience));
        let store = builder.clone().build().map_err(|_| unusable(self))?;
        let builder = builder.with_credentials(Arc::new(Checked(store.credentials().clone())));
        Ok(Arc::new(builder.build().map_err(|_| unusable(self))?))
    }
}

/// As Druid's `GoogleDataSegmentKiller`: the object and the descriptor beside it.
#[cfg(feature = "gcs")]
impl Store for Google {
    fn load_type(&self) -> &'static str {
        "google"
    }

    fn section(&self) -> &'static str {
        "google"
    }

    fn variables(&self) -> &'static str {
        "GOOGLE_"
    }

    fn scheme(&self) -> &'static str {
        "gs"
    }

    fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn extent(&self, key: &str) -> Extent {
        if key.ends_with('/') { Extent::Below(key.to_owned()) } else { Extent::WithDescriptor }
    }

    fn tells_absent(&self) -> bool {
        true
    }

    fn connect(&self, patience: Patience) -> Result<Arc<dyn Remote>, DeleteError> {
        let mut builder = GoogleCloudStorageBuilder::from_env()
            .with_bucket_name(&self.bucket.name)
            .with_client_options(client(patience, self.bucket.allow_http))
            .with_retry(retries(patience));
        if let Some(endpoint) = &self.bucket.endpoint {
            builder = builder.with_base_url(endpoint);
        }
        let endpoint = builder.get_config_value(&GoogleConfigKey::BaseUrl);
        check_address(self, endpoint.as_deref(), &[])?;
        let builder = builder.with_http_connector(Connector::new(patience));
        let store = builder.clone().build().map_err(|_| unusable(self))?;
        let builder = builder.with_credentials(Arc::new(Checked(store.credentials().clone())));
        Ok(Arc::new(builder.build().map_err(|_| unusable(self))?))
    }
}

/// As Druid's `AzureDataSegmentKiller`: all blobs below the folder that the blob lies in.
#[cfg(feature = "azure")]
impl Store for Azure {
    fn load_type(&self) -> &'static str {
        "azure"
    }

    fn section(&self) -> &'static str {
        "azure"
    }

    fn variables(&self) -> &'static str {
        "AZURE_"
    }

    fn scheme(&self) -> &'static str {
        "azure"
    }

    fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    fn extent(&self, key: &str) -> Extent {
        let folder = key.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder);
        Extent::Below(format!("{folder}/"))
    }

    fn tells_absent(&self) -> bool {
        true
    }

    fn connect(&self, patience: Patience) -> Result<Arc<dyn Remote>, DeleteError> {
        let mut builder = MicrosoftAzureBuilder::from_env()
            .with_container_name(&self.bucket.name)
            .with_client_options(client(patience, self.bucket.allow_http))
            .with_allow_http(self.bucket.allow_http)
            .with_retry(retries(patience));
        if let Some(account) = &self.account {
            builder = builder.with_account(account);
        }
        if let Some(endpoint) = &self.bucket.endpoint {
            builder = builder.with_endpoint(endpoint.clone());
        }
        let value = |key| builder.get_config_value(&key);
        let endpoint = value(AzureConfigKey::Endpoint);
        check_address(self, endpoint.as_deref(), &[value(AzureConfigKey::AccountName).as_deref()])?;
        let builder = builder.with_http_connector(Connector::new(patience));
        let store = builder.clone().build().map_err(|_| unusable(self))?;
        let builder = builder.with_credentials(Arc::new(Checked(store.credentials().clone())));
        Ok(Arc::new(builder.build().map_err(|_| unusable(self))?))
    }
}
