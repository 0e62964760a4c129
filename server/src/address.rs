//! Where a request comes from, coarsely: the network of the client's address, hashed at once.
//!
//! Addresses are never stored or logged. What remains is a hash of the masked address under a key that lives as long as
//! the process, used as the key of token buckets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

/// The network that a client is in: hash of the address with the host part masked off (IPv4 /24, IPv6 /56).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(pub(crate) [u8; 16]);

/// The client's address: the peer's where no proxy is trusted, else the entry of `X-Forwarded-For` that the outermost of
/// `trusted_hops` proxies wrote, counted from the right. Whatever a client writes itself stands further left.
///
/// Missing or malformed entries give the peer: all such requests share one bucket.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted_hops: usize) -> IpAddr {
    let Some(from_right) = trusted_hops.checked_sub(1) else {
        return peer;
    };
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|line| line.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect();
    entries
        .iter()
        .rev()
        .nth(from_right)
        .and_then(|entry| parse(entry))
        .unwrap_or(peer)
}

/// An address without its host part: /24 of IPv4 (mapped into IPv6 or not), /56 of IPv6.
pub fn masked(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << (32 - 24)))),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(
            v6.to_bits() & (u128::MAX << (128 - 56)),
        )),
    }
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("is an address")
    }

    fn seen(lines: &[&'static str], hops: usize) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        client(ip("192.0.2.9"), &headers, hops)
    }

    #[test]
    fn row_25_a_client_cannot_choose_its_own_address() {
        assert_eq!(
            seen(&["203.0.113.1"], 0),
            ip("192.0.2.9"),
            "no proxy, no header"
        );
        for spoof in [
            "198.51.100.1, 203.0.113.1",
            "a, b ,203.0.113.1",
            ",,203.0.113.1",
        ] {
            assert_eq!(seen(&[spoof], 1), ip("203.0.113.1"), "{spoof}");
        }
        assert_eq!(seen(&["198.51.100.1", "203.0.113.1"], 1), ip("203.0.113.1"));
        assert_eq!(
            seen(&["198.51.100.1, 203.0.113.1, 10.0.0.1"], 2),
            ip("203.0.113.1")
        );
        assert_eq!(
            seen(&["198.51.100.1"], 2),
            ip("192.0.2.9"),
            "fewer entries than proxies"
        );
        assert_eq!(
            seen(&["198.51.100.1, unknown"], 1),
            ip("192.0.2.9"),
            "malformed"
        );
        assert_eq!(seen(&[], 1), ip("192.0.2.9"));
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (text, address) in [
            ("203.0.113.1:4711", "203.0.113.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
        ] {
            assert_eq!(seen(&[text], 1), ip(address));
        }
    }

    #[test]
    fn hosts_of_one_network_are_one() {
        for (address, network) in [
            ("203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:23ff:aaaa::1", "2001:db8:1:2300::"),
        ] {
            assert_eq!(masked(ip(address)), ip(network));
        }
    }
}
