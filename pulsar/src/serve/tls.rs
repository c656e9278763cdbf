//! TLS: the certificate and its key, read anew by each worker, so that a reload renews them.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Settings;
use crate::error::Error;

/// A certificate and its key, as they were read.
pub(super) struct Identity(Arc<ServerConfig>);

/// Reads them, where the settings name some.
pub(super) fn read(settings: &Settings) -> Result<Option<Identity>, Error> {
    let (Some(cert), Some(key)) = (&settings.cert_file, &settings.key_file) else { return Ok(None) };
    let wrong =
        |name: &str, path: &Path, why: String| Error::msg(format!("the setting `{name}`: {}: {why}", path.display()));
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong("cert_file", cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(wrong("cert_file", cert, "there is no certificate in it (PEM)".into()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong("key_file", key, error.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| wrong("cert_file", cert, error.to_string()))?;
    Ok(Some(Identity(Arc::new(config))))
}

impl Identity {
    /// What accepts TLS. `protocols` are offered by ALPN.
    pub(super) fn acceptor(self, protocols: &[&[u8]]) -> TlsAcceptor {
        let mut config = Arc::unwrap_or_clone(self.0);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}
