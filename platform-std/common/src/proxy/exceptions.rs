//! What is reached without the proxy: the rules of `no_proxy`, as curl has
//! them, and ports.

use core::net::IpAddr;

/// Whether `list` excepts `host` (an IPv6 address without brackets) at
/// `port`.
pub(super) fn excepts(list: &str, host: &str, port: u16) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let address = host.parse::<IpAddr>().ok();
    list.split([',', ' ', '\t', '\r', '\n'])
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let (wanted, at) = split_port(entry);
            at.is_none_or(|at| at.parse() == Ok(port))
                && match address {
                    _ if wanted == "*" => true,
                    Some(address) => is_address(wanted, address),
                    None => is_name(wanted, host),
                }
        })
}

/// The port after a colon that is not one of an IPv6 address.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    if let Some((address, after)) = entry
        .strip_prefix('[')
        .and_then(|inside| inside.split_once(']'))
    {
        return match after.strip_prefix(':') {
            Some(port) => (address, Some(port)),
            None if after.starts_with('/') => (entry, None),
            None => (address, None),
        };
    }
    match entry.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (entry, None),
    }
}

fn is_name(wanted: &str, host: &str) -> bool {
    let wanted = wanted.strip_prefix('.').unwrap_or(wanted);
    let wanted = wanted.strip_suffix('.').unwrap_or(wanted);
    let Some(start) = host.len().checked_sub(wanted.len()) else {
        return false;
    };
    let ends_alike = host
        .get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(wanted));
    let at_a_dot = start == 0 || host.as_bytes().get(start - 1) == Some(&b'.');
    ends_alike && at_a_dot && !wanted.is_empty()
}

fn is_address(wanted: &str, address: IpAddr) -> bool {
    let (network, bits) = match wanted.split_once('/') {
        Some((network, bits)) => (network, Some(bits)),
        None => (wanted, None),
    };
    let network = network.trim_start_matches('[').trim_end_matches(']');
    // Left-aligned in 128 bits, so that one comparison serves both.
    let (network, address, width) = match (network.parse(), address) {
        (Ok(IpAddr::V4(network)), IpAddr::V4(address)) => (
            u128::from(network.to_bits()) << 96,
            u128::from(address.to_bits()) << 96,
            32,
        ),
        (Ok(IpAddr::V6(network)), IpAddr::V6(address)) => {
            (network.to_bits(), address.to_bits(), 128)
        }
        _ => return false,
    };
    let bits = match bits.map(str::parse::<u32>) {
        None => width,
        Some(Ok(bits)) if bits <= width => bits,
        Some(_) => return false,
    };
    // With 0 bits everything is shifted out.
    (network ^ address).checked_shr(128 - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        for (list, host, excepted) in [
            ("", "a.example", false),
            (" , ,", "a.example", false),
            ("*", "a.example", true),
            ("*", "192.0.2.7", true),
            ("*", "::1", true),
            ("b, *", "a.example", true),
            ("*.example", "a.example", false),
            // Names: exact, and suffixes at a dot only.
            ("a.example", "a.example", true),
            ("A.Example", "a.eXAMPLE", true),
            ("a.example.", "a.example", true),
            ("a.example", "a.example.", true),
            (".a.example", "a.example", true),
            ("example", "a.example", true),
            (".example", "a.example", true),
            ("example.com", "www.example.com", true),
            (".example.com", "a.b.example.com", true),
            ("example.com", "badexample.com", false),
            (".example.com", "badexample.com", false),
            ("www.example.com", "example.com", false),
            ("example.com", "example.com.evil", false),
            ("ample", "example", false),
            (".", "a.example", false),
            ("local", "localhost", false),
            ("localhost", "localhost", true),
            ("x,localhost", "localhost", true),
            ("x localhost\ty", "localhost", true),
            ("x,,localhost,", "localhost", true),
            ("localhost;y", "localhost", false),
            ("ü", "a", false),
            // Addresses: exact, in any spelling, and networks.
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.70", false),
            ("2.7", "192.0.2.7", false),
            (".0.2.7", "192.0.2.7", false),
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.99/24", "192.0.2.1", true),
            ("192.0.2.7/32", "192.0.2.7", true),
            ("192.0.2.6/31", "192.0.2.7", true),
            ("192.0.2.6/32", "192.0.2.7", false),
            ("0.0.0.0/0", "192.0.2.7", true),
            ("0.0.0.0/0", "::1", false),
            ("128.0.0.0/1", "192.0.2.7", true),
            ("192.0.2.0/33", "192.0.2.0", false),
            ("192.0.2.0/", "192.0.2.0", false),
            ("192.0.2.0/x", "192.0.2.0", false),
            ("192.0.2.0/24", "a.example", false),
            ("10.0.0.0/8", "10.a.example", false),
            ("::1", "::1", true),
            ("[::1]", "::1", true),
            ("0:0:0:0:0:0:0:1", "::1", true),
            ("2001:DB8::/32", "2001:db8:ffff::1", true),
            ("[2001:db8::]/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("2001:db8::1/128", "2001:db8::1", true),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/129", "2001:db8::", false),
            ("::ffff:192.0.2.7", "192.0.2.7", false),
            // Ports; the target's is 443.
            ("a.example:443", "a.example", true),
            ("a.example:80", "a.example", false),
            (".example:443", "a.example", true),
            ("*:443", "a.example", true),
            ("*:80", "a.example", false),
            ("192.0.2.7:443", "192.0.2.7", true),
            ("192.0.2.7:80", "192.0.2.7", false),
            ("192.0.2.0/24:443", "192.0.2.7", true),
            ("192.0.2.0/24:80", "192.0.2.7", false),
            ("[::1]:443", "::1", true),
            ("[::1]:80", "::1", false),
            ("a.example:", "a.example", false),
            ("a.example:x", "a.example", false),
            ("[::1", "::1", true),
            ("[", "::1", false),
            ("/", "::1", false),
            (":", "a", false),
        ] {
            assert_eq!(excepts(list, host, 443), excepted, "{list:?} {host}");
        }
    }
}
