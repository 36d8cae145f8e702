//! Credentials on their way to `object_store`, which cannot bear one that no request can carry: it would end the process.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "s3")]
use object_store::aws::AwsCredential;
#[cfg(feature = "azure")]
use object_store::azure::AzureCredential;
#[cfg(feature = "gcs")]
use object_store::gcp::GcpCredential;
use object_store::{CredentialProvider, Error};

use super::fault::Fault;

/// What of a credential goes into the headers of a request.
pub(super) trait Carried {
    fn carried(&self) -> Vec<&str>;
}

#[cfg(feature = "s3")]
impl Carried for AwsCredential {
    fn carried(&self) -> Vec<&str> {
        std::iter::once(&*self.key_id).chain(self.token.as_deref()).collect()
    }
}

#[cfg(feature = "gcs")]
impl Carried for GcpCredential {
    fn carried(&self) -> Vec<&str> {
        vec![&self.bearer]
    }
}

#[cfg(feature = "azure")]
impl Carried for AzureCredential {
    fn carried(&self) -> Vec<&str> {
        match self {
            Self::BearerToken(token) => vec![token],
            Self::AccessKey(_) | Self::SASToken(_) => Vec::new(),
        }
    }
}

/// Gives out what another gives out, when it can be carried.
#[derive(Debug)]
pub(super) struct Checked<C>(pub(super) Arc<dyn CredentialProvider<Credential = C>>);

type Given<'a, C> = Pin<Box<dyn Future<Output = Result<Arc<C>, Error>> + Send + 'a>>;

impl<C: Carried + Debug + Send + Sync + 'static> CredentialProvider for Checked<C> {
    type Credential = C;

    fn get_credential<'a, 'b>(&'a self) -> Given<'b, C>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let credential = self.0.get_credential().await?;
            let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
            if credential.carried().iter().all(|text| text.bytes().all(is_plain)) {
                return Ok(credential);
            }
            let why = "the credentials hold a character that no request can carry, such as the end of a line";
            Err(Fault::lasting(why).into())
        })
    }
}
