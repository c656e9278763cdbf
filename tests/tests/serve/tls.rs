//! TLS: what is agreed on, what is refused, and a certificate that is renewed by a reload.

use std::path::Path;
use std::sync::Arc;

use pulsar::socket::{AsyncReadExt, AsyncWriteExt};
use pulsar_tests::proc::{Signal, hears_hangups};
use pulsar_tests::served::Served;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::servant;

/// A certificate of its own making for `localhost`, written to these files.
fn make(cert: &Path, key: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(cert, made.cert.pem()).unwrap();
    made.cert.der().clone()
}

/// Asks over TLS, trusting this certificate alone. The protocol that was agreed on, and the answer.
async fn ask(
    address: &str,
    trusted: &CertificateDer<'static>,
    protocol: &[u8],
    request: &str,
) -> std::io::Result<(Option<Vec<u8>>, Vec<u8>)> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).map_err(std::io::Error::other)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let tcp = tokio::net::TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
    let agreed = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    stream.write_all(request.as_bytes()).await?;
    let mut answer = vec![0; 1024];
    let count = stream.read(&mut answer).await?;
    answer.truncate(count);
    Ok((agreed, answer))
}

const GET: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[pulsar::test]
async fn over_tls_and_renewed_by_a_reload() -> pulsar::Result<()> {
    let dir = tempfile::tempdir()?;
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let first = make(&cert, &key);
    let files = ["--cert-file", cert.to_str().unwrap(), "--key-file", key.to_str().unwrap(), "-w2"];
    let served = Served::start(&mut servant(&files));
    let address = served.ready("https://");
    let (agreed, answer) = ask(&address, &first, b"http/1.1", GET).await?;
    assert_eq!(agreed.as_deref(), Some(&b"http/1.1"[..]));
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.ends_with("hello\n"), "{text}");
    // Who is asked for HTTP/2 answers with settings of its own.
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0";
    let (agreed, answer) = ask(&address, &first, b"h2", preface).await?;
    assert_eq!(agreed.as_deref(), Some(&b"h2"[..]));
    assert_eq!(answer.get(3), Some(&4), "a frame of settings: {answer:?}");
    assert!(ask(&address, &first, b"gopher", GET).await.is_err(), "a protocol that nobody speaks is refused");
    // Without TLS nobody understands, and nobody is harmed.
    let mut plain = tokio::net::TcpStream::connect(&address).await?;
    plain.write_all(GET.as_bytes()).await?;
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    if hears_hangups() {
        let second = make(&cert, &key);
        served.signal(Signal::HUP);
        pulsar_tests::until("the new certificate is shown", pulsar_tests::SOON, async || {
            ask(&address, &second, b"http/1.1", GET).await.is_ok()
        })
        .await;
        pulsar_tests::until("the old one is not", pulsar_tests::SOON, async || {
            ask(&address, &first, b"http/1.1", GET).await.is_err()
        })
        .await;
        // Not before all workers are replaced: one that is broken by then would have to be undone with what is broken.
        served.says("has replaced 2 process actors");
        std::fs::write(&cert, "no certificate")?;
        served.signal(Signal::HUP);
        served.says("has undone");
        assert!(ask(&address, &second, b"http/1.1", GET).await.is_ok());
    }
    assert!(served.stop().0.success());
    Ok(())
}

#[test]
fn a_certificate_that_is_none_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    make(&cert, &key);
    std::fs::write(&cert, "").unwrap();
    let mut served =
        Served::start(&mut servant(&["--cert-file", cert.to_str().unwrap(), "--key-file", key.to_str().unwrap()]));
    let (status, said) = served.wait();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.contains("the setting `cert_file`") && said.contains("no certificate"), "{said}");
}
