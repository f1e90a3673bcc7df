//! Addresses of networks: `192.168.0.1/24` as text and as `inet` and `cidr` have it on the wire.

use std::net::IpAddr;

/// The families of addresses on the wire; numbers of PostgreSQL's own.
const IPV4: u8 = 2;
const IPV6: u8 = 3;

/// An address and how many of its bits name the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    ip: IpAddr,
    bits: u8,
}

impl Address {
    /// Reads an address with or without `/bits`. A `cidr` has zeros behind those bits.
    pub(super) fn parse(text: &str, cidr: bool) -> Result<Self, &'static str> {
        let (ip, bits) = match text.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits)),
            None => (text, None),
        };
        let ip: IpAddr = ip.parse().map_err(|_| "it is no IPv4 or IPv6 address")?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok().filter(|bits| *bits <= most).ok_or("its network has too many bits")?
            }
            Some(_) => return Err("what follows the `/` is no number of bits"),
        };
        let address = Self { ip, bits };
        if cidr && address.has_host() {
            return Err("it has bits set behind those of the network");
        }
        Ok(address)
    }

    fn has_host(self) -> bool {
        let behind =
            |bits: u128, width: u32| bits.checked_shl(128 - width + u32::from(self.bits)).unwrap_or(0) != 0;
        match self.ip {
            IpAddr::V4(ip) => behind(u128::from(ip.to_bits()), 32),
            IpAddr::V6(ip) => behind(ip.to_bits(), 128),
        }
    }

    /// Appends the bytes of a field, without its length.
    pub(super) fn write(self, cidr: bool, out: &mut Vec<u8>) {
        match self.ip {
            IpAddr::V4(ip) => {
                out.extend_from_slice(&[IPV4, self.bits, u8::from(cidr), 4]);
                out.extend_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                out.extend_from_slice(&[IPV6, self.bits, u8::from(cidr), 16]);
                out.extend_from_slice(&ip.octets());
            }
        }
    }

    /// Reads the bytes of a field.
    pub(super) fn read(field: &[u8]) -> Option<Self> {
        let (head, address) = field.split_first_chunk::<4>()?;
        let ip = match head[0] {
            IPV4 => IpAddr::from(<[u8; 4]>::try_from(address).ok()?),
            IPV6 => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
            _ => return None,
        };
        Some(Self { ip, bits: head[1] })
    }

    /// The one spelling of the address: lower case, compressed, `/bits` where they are fewer than all.
    pub(super) fn canonical(self) -> String {
        let whole = self.bits == if self.ip.is_ipv4() { 32 } else { 128 };
        if whole { self.ip.to_string() } else { format!("{}/{}", self.ip, self.bits) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, cidr: bool) -> Vec<u8> {
        let mut out = Vec::new();
        Address::parse(text, cidr).unwrap().write(cidr, &mut out);
        out
    }

    #[test]
    fn addresses_have_these_bytes() {
        assert_eq!(bytes("192.168.0.1/24", false), [2, 24, 0, 4, 192, 168, 0, 1]);
        assert_eq!(bytes("10.0.0.0/8", true), [2, 8, 1, 4, 10, 0, 0, 0]);
        let mut expected = vec![3, 128, 0, 16];
        expected.extend([0; 15]);
        expected.push(1);
        assert_eq!(bytes("::1", false), expected);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+8", "::1/129", "1.2.3.4/008x", "fe80::1%eth0"]
        {
            assert!(Address::parse(text, false).is_err(), "{text}");
        }
        for text in ["10.0.0.1/8", "2001:db8::1/32", "0.0.0.1/0", "::1/0"] {
            assert!(Address::parse(text, true).is_err(), "{text}");
            assert!(Address::parse(text, false).is_ok(), "{text}");
        }
        assert!(Address::parse("0.0.0.0/0", true).is_ok());
        assert!(Address::parse("1.2.3.4", true).is_ok());
    }

    #[test]
    fn addresses_are_read_back_in_one_spelling() {
        for (text, canonical) in
            [("2001:DB8:0::1", "2001:db8::1"), ("1.2.3.4/32", "1.2.3.4"), ("1.2.3.4/0", "1.2.3.4/0")]
        {
            let read = Address::read(&bytes(text, false)).unwrap();
            assert_eq!(read.canonical(), canonical);
        }
        assert_eq!(Address::read(&[2, 32, 0, 4, 1, 2]), None);
    }
}
