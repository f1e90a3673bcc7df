//! Checking the certificate of a server as libpq does.
//!
//! rustls alone is stricter than what servers of PostgreSQL commonly have: it refuses a certificate that is its own authority, as
//! `openssl req -x509` makes it, and names that stand in the subject. Both are accepted here under libpq's conditions.

use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// What has to be right about a certificate.
#[derive(Debug)]
pub(super) enum Check {
    /// Nothing: the connection is encrypted, and that is all.
    Nothing,
    /// It leads to a root.
    Chain(Roots),
    /// It leads to a root and is for the host.
    ChainAndName(Roots),
}

/// The certificates that are trusted.
#[derive(Debug)]
pub(super) struct Roots {
    /// As authorities, for signatures.
    pub authorities: RootCertStore,
    /// As they stand in their file, to recognise one that a server shows itself.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// Checks certificates for rustls.
#[derive(Debug)]
pub(super) struct Verifier {
    check: Check,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(check: Check, provider: &CryptoProvider) -> Self {
        Self { check, algorithms: provider.signature_verification_algorithms }
    }

    fn verify_chain(
        &self,
        roots: &Roots,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if roots.certificates.iter().any(|root| root == certificate) {
            // The certificate itself is trusted, so there is no chain to follow.
            return verify_time(&decode(certificate)?, now);
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        let (authorities, algorithms) = (&roots.authorities, self.algorithms.all);
        verify_server_cert_signed_by_trust_anchor(&parsed, authorities, intermediates, now, algorithms)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.check {
            Check::Nothing => {}
            Check::Chain(roots) => self.verify_chain(roots, certificate, intermediates, now)?,
            Check::ChainAndName(roots) => {
                self.verify_chain(roots, certificate, intermediates, now)?;
                verify_name(certificate, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    // That the server has the key of its certificate is checked even when the certificate is not: a password that is bound to
    // the channel is bound to the certificate.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if ParsedCertificate::try_from(certificate).is_ok() {
            return verify_tls13_signature(message, certificate, signature, &self.algorithms);
        }
        // Certificates of X.509 version 1, as `openssl x509 -req` makes them, are beyond rustls; their keys are not.
        let key = decode(certificate)?.tbs_certificate.subject_public_key_info.to_der().map_err(|_| bad())?;
        let key = SubjectPublicKeyInfoDer::from(key);
        verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn bad() -> Error {
    Error::InvalidCertificate(CertificateError::BadEncoding)
}

fn decode(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_| bad())
}

fn verify_time(certificate: &Certificate, now: UnixTime) -> Result<(), Error> {
    let validity = &certificate.tbs_certificate.validity;
    let now = Duration::from_secs(now.as_secs());
    if now < validity.not_before.to_unix_duration() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    if now > validity.not_after.to_unix_duration() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    Ok(())
}

/// Whether a certificate is for a host. The subject's common name counts only when no alternative name is of the host's kind.
fn verify_name(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let by_rustls =
        ParsedCertificate::try_from(certificate).and_then(|parsed| verify_server_name(&parsed, name));
    let Err(error) = by_rustls else { return Ok(()) };
    let decoded = decode(certificate)?;
    let common = common_name(&decoded).filter(|_| !has_alternative(&decoded, name));
    match common {
        Some(common) if name_matches(common, &name.to_str()) => Ok(()),
        _ => Err(error),
    }
}

fn has_alternative(certificate: &Certificate, name: &ServerName<'_>) -> bool {
    let extensions = certificate.tbs_certificate.extensions.iter().flatten();
    let mut names = extensions.filter(|extension| extension.extn_id == SUBJECT_ALT_NAME);
    names.any(|extension| match SubjectAltName::from_der(extension.extn_value.as_bytes()) {
        Ok(names) => names.0.iter().any(|alternative| match name {
            ServerName::IpAddress(_) => matches!(alternative, GeneralName::IpAddress(_)),
            _ => matches!(alternative, GeneralName::DnsName(_)),
        }),
        // Names that cannot be read may be of any kind.
        Err(_) => true,
    })
}

fn common_name(certificate: &Certificate) -> Option<&str> {
    let parts = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let name = parts.filter(|part| part.oid == COMMON_NAME).map(|part| part.value.value()).next()?;
    std::str::from_utf8(name).ok().filter(|name| !name.contains('\0'))
}

/// `*.example` stands for one more label before `.example`.
fn name_matches(pattern: &str, host: &str) -> bool {
    let one_label_more = || {
        let (label, rest) = host.split_once('.')?;
        Some(!label.is_empty() && pattern.strip_prefix("*.")?.eq_ignore_ascii_case(rest))
    };
    pattern.eq_ignore_ascii_case(host) || one_label_more() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::name_matches;

    #[test]
    fn wildcards_stand_for_one_label() {
        assert!(name_matches("db.Example.org", "DB.example.org"));
        assert!(name_matches("*.example.org", "db.example.org"));
        for host in ["example.org", ".example.org", "a.b.example.org", "db.example.com"] {
            assert!(!name_matches("*.example.org", host), "{host}");
        }
    }
}
