//! Encryption: what `sslmode` and its relatives ask for, and the rustls configuration that does it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio_postgres::config::SslNegotiation;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

use super::certificate::{Check, Roots, Verifier};
use super::resolve::choice;
use super::settings::Settings;

/// What was asked for, with the names of files that may exist or not.
#[derive(Clone, Debug)]
pub(super) struct Tls {
    pub mode: Mode,
    pub root: Root,
    pub negotiation: SslNegotiation,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    versions: Vec<&'static SupportedProtocolVersion>,
    name_is_sent: bool,
}

/// How much a connection over TCP has to be encrypted. Unix sockets never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Never.
    Disable,
    /// Only if the server refuses plain connections.
    Allow,
    /// If the server can.
    Prefer,
    /// Always.
    Require,
    /// Always, by a server whose certificate leads to a known one.
    VerifyCa,
    /// The same, and the certificate is for the name of the host.
    VerifyFull,
}

/// Where the certificates are that everything is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Those of the operating system.
    System,
    /// Those of a file.
    File(PathBuf),
    /// There is no home folder to have a file in.
    Nowhere,
}

const MODES: [(&str, Mode); 6] = [
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

/// Versions of TLS, oldest first; rustls has none before 1.2.
const VERSIONS: [(&str, u16); 4] = [("TLSv1", 10), ("TLSv1.1", 11), ("TLSv1.2", 12), ("TLSv1.3", 13)];

impl Tls {
    /// Gives the words about encryption their meaning.
    pub(super) fn resolve(settings: &Settings, home: Option<&Path>) -> Result<Self, Error> {
        let file = |word, usual: &str| {
            let said = settings.get(word).map(PathBuf::from);
            said.or_else(|| Some(home?.join(".postgresql").join(usual)))
        };
        let root = match settings.get("sslrootcert") {
            Some("system") => Root::System,
            _ => file("sslrootcert", "root.crt").map_or(Root::Nowhere, Root::File),
        };
        let said = choice(settings, "sslmode", &MODES)?;
        let mode = match (said, &root) {
            (Some(mode), Root::System) if mode != Mode::VerifyFull => {
                return Err(Error::usage(
                    "`sslrootcert=system` needs `sslmode=verify-full`",
                    "any host can get a certificate that the system trusts, so the name of the host must be checked as well",
                ));
            }
            (None, Root::System) => Mode::VerifyFull,
            (said, _) => said.unwrap_or(Mode::Prefer),
        };
        let negotiations = [("postgres", SslNegotiation::Postgres), ("direct", SslNegotiation::Direct)];
        let negotiation = choice(settings, "sslnegotiation", &negotiations)?.unwrap_or_default();
        if negotiation == SslNegotiation::Direct && mode < Mode::Require {
            return Err(Error::usage(
                "`sslnegotiation=direct` needs an `sslmode` that always encrypts",
                "use `sslmode=require` or stronger",
            ));
        }
        let least = choice(settings, "ssl_min_protocol_version", &VERSIONS)?.unwrap_or(12);
        let most = choice(settings, "ssl_max_protocol_version", &VERSIONS)?.unwrap_or(13);
        let versions = [(12, &version::TLS12), (13, &version::TLS13)];
        let versions: Vec<_> = versions
            .into_iter()
            .filter(|(number, _)| (least..=most).contains(number))
            .map(|(_, v)| v)
            .collect();
        if versions.is_empty() {
            return Err(Error::usage(
                "no version of TLS is left between `ssl_min_protocol_version` and `ssl_max_protocol_version`",
                "seedbed has TLSv1.2 and TLSv1.3",
            ));
        }
        let sends_certificate = settings.get("sslcertmode") != Some("disable");
        Ok(Self {
            mode,
            root,
            negotiation,
            certificate: file("sslcert", "postgresql.crt").filter(|_| sends_certificate),
            key: file("sslkey", "postgresql.key"),
            versions,
            name_is_sent: choice(settings, "sslsni", &[("0", false), ("1", true)])?.unwrap_or(true),
        })
    }

    /// Reads the files and makes the configuration.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Arc::new(self.verifier(&provider)?);
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions)
            .map_err(|error| invalid("the TLS settings", &error))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match self.identity()? {
            Some((certificates, key)) => config
                .with_client_auth_cert(certificates, key)
                .map_err(|error| invalid("the client's certificate and key", &error))?,
            None => config.with_no_client_auth(),
        };
        config.enable_sni = self.name_is_sent;
        Ok(MakeRustlsConnect::new(config))
    }

    /// What is checked. As in libpq, a file of root certificates that exists is used in every mode.
    fn verifier(&self, provider: &rustls::crypto::CryptoProvider) -> Result<Verifier, Error> {
        let certificates = match &self.root {
            Root::System => Some(system_roots()?),
            Root::File(path) => match certificates(path) {
                Ok(certificates) => Some(certificates),
                Err(Error::Io { source, .. }) if is_missing(&source) && self.mode < Mode::VerifyCa => None,
                Err(Error::Io { source, .. }) if is_missing(&source) => {
                    return Err(Error::usage(
                        format!("the file of root certificates `{}` does not exist", path.display()),
                        "`sslrootcert` names it; `sslmode=require` encrypts without checking who answers",
                    ));
                }
                Err(error) => return Err(error),
            },
            Root::Nowhere if self.mode < Mode::VerifyCa => None,
            Root::Nowhere => {
                return Err(Error::usage(
                    "there is no file of root certificates",
                    "name it with `sslrootcert`",
                ));
            }
        };
        let Some(certificates) = certificates else {
            return Ok(Verifier::new(Check::Nothing, provider));
        };
        let mut authorities = RootCertStore::empty();
        let (added, _) = authorities.add_parsable_certificates(certificates.iter().cloned());
        if added == 0 {
            return Err(match &self.root {
                Root::File(path) => Error::usage(
                    format!("`{}` has no root certificate that can be used", path.display()),
                    "it holds certificates in PEM format",
                ),
                _ => Error::usage("the system has no root certificates", "name a file with `sslrootcert`"),
            });
        }
        let roots = Roots { authorities, certificates };
        let check = match self.mode {
            Mode::VerifyFull => Check::ChainAndName(roots),
            _ => Check::Chain(roots),
        };
        Ok(Verifier::new(check, provider))
    }

    /// The certificate and the key that say who we are, if there are any.
    fn identity(&self) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>, Error> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else { return Ok(None) };
        // As in libpq, a certificate that is not there is not sent; the server says if it wants one.
        let certificates = match certificates(certificate) {
            Err(Error::Io { source, .. }) if is_missing(&source) => return Ok(None),
            certificates => certificates?,
        };
        let metadata = fs::metadata(key).map_err(|error| unreadable(key, error))?;
        if is_exposed(&metadata) {
            return Err(Error::usage(
                format!("others than its owner may read the private key `{}`", key.display()),
                "its permissions should be 0600, or 0640 if it belongs to root",
            ));
        }
        match PrivateKeyDer::from_pem_file(key) {
            Ok(key) => Ok(Some((certificates, key))),
            Err(pem::Error::Io(error)) => Err(unreadable(key, error)),
            Err(_) => Err(Error::usage(
                format!("`{}` has no private key that can be used", key.display()),
                "it holds a key in PEM format that is not encrypted",
            )),
        }
    }
}

/// Whether other users can read a key. A key of root's may be lent to a group.
#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & if metadata.uid() == 0 { 0o037 } else { 0o077 } != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>, Error> {
    let found = rustls_native_certs::load_native_certs();
    match found.errors.into_iter().next() {
        Some(error) if found.certs.is_empty() => Err(invalid("the system's root certificates", &error)),
        _ => Ok(found.certs),
    }
}

/// The certificates of a PEM file, one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Err(pem::Error::Io(source)) => Err(unreadable(path, source)),
        _ => Err(Error::usage(
            format!("`{}` has no certificate that can be used", path.display()),
            "it holds certificates in PEM format",
        )),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::Io { action: "read", path: path.to_owned(), source }
}

fn invalid(what: &str, error: &dyn std::error::Error) -> Error {
    Error::Usage { message: format!("{what} cannot be used: {error}"), hint: None }
}

/// A configuration for connections that are not encrypted: it trusts no certificate.
pub(super) fn unused() -> MakeRustlsConnect {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the suites of all versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}
