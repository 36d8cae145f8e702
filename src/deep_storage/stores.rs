//! The stores that are buckets: what their load specs stand for, and how they are reached.

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig, StaticCredentialProvider,
};

use super::DeleteError;
use super::aws_profile::Profile;
use super::bucket::{Extent, Store};
use super::wire::Patience;
use crate::config::{Azure, Bucket, Google, S3};

fn client(patience: Patience, allow_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_timeout(patience.request)
        .with_connect_timeout(patience.request)
        .with_allow_http(allow_http)
}

fn retries(patience: Patience) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 3,
        retry_timeout: patience.request,
    }
}

/// Why not is not repeated: it may name what a variable holds.
fn unusable(store: &dyn Store) -> DeleteError {
    let (section, variables) = (store.section(), store.variables());
    DeleteError(format!("[deep_storage.{section}] and the {variables} variables cannot be used"))
}

/// As Druid's `S3DataSegmentKiller`: the object and the descriptor beside it, or all below a key that ends with a
/// slash.
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

    fn connect(&self, patience: Patience) -> Result<Arc<dyn ObjectStore>, DeleteError> {
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
        Ok(Arc::new(builder.build().map_err(|_| unusable(self))?))
    }
}

/// As Druid's `GoogleDataSegmentKiller`: the object and the descriptor beside it.
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

    fn connect(&self, patience: Patience) -> Result<Arc<dyn ObjectStore>, DeleteError> {
        let mut builder = GoogleCloudStorageBuilder::from_env()
            .with_bucket_name(&self.bucket.name)
            .with_client_options(client(patience, self.bucket.allow_http))
            .with_retry(retries(patience));
        if let Some(endpoint) = &self.bucket.endpoint {
            builder = builder.with_base_url(endpoint);
        }
        Ok(Arc::new(builder.build().map_err(|_| unusable(self))?))
    }
}

/// As Druid's `AzureDataSegmentKiller`: all blobs below the folder that the blob lies in.
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

    fn connect(&self, patience: Patience) -> Result<Arc<dyn ObjectStore>, DeleteError> {
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
        Ok(Arc::new(builder.build().map_err(|_| unusable(self))?))
    }
}
