//! Which proxy a connection goes through: a function of settings and
//! environment, without effects.

use alloc::string::String;

use super::{Proxy, ProxyUrl, ProxyUrlError, exceptions::excepts};

/// A variable whose value cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong with its value.
    pub error: ProxyUrlError,
}

/// The proxy for `host` (an IPv6 address without brackets) at `port`, to be
/// reached with `wss` if `secure`. `variable` is the environment.
///
/// # Errors
/// [`Unusable`].
pub fn choose(
    proxy: &Proxy,
    secure: bool,
    host: &str,
    port: u16,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<ProxyUrl>, Unusable> {
    // curl's `curl_getenv`: an empty value is none.
    let first = |names: &[&'static str]| {
        names.iter().find_map(|name| {
            let value = variable(name)?;
            (!value.trim().is_empty()).then_some((*name, value))
        })
    };
    let names = if secure { FOR_WSS } else { FOR_WS };
    match proxy {
        Proxy::None => Ok(None),
        Proxy::Url(url) if excepts(url.exceptions(), host, port) => Ok(None),
        Proxy::Url(url) => Ok(Some(url.clone())),
        Proxy::Env => {
            let Some((name, value)) = first(names) else {
                return Ok(None);
            };
            if let Some((_, list)) = first(EXCEPTIONS)
                && excepts(&list, host, port)
            {
                return Ok(None);
            }
            ProxyUrl::parse(&value).map(Some).map_err(|error| Unusable {
                variable: name,
                error,
            })
        }
    }
}

// Not HTTP_PROXY: a web server hands a request's header "Proxy" to a CGI
// program under that name.
const FOR_WS: &[&str] = &[
    "ws_proxy",
    "WS_PROXY",
    "http_proxy",
    "all_proxy",
    "ALL_PROXY",
];
const FOR_WSS: &[&str] = &[
    "wss_proxy",
    "WSS_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
];
const EXCEPTIONS: &[&str] = &["no_proxy", "NO_PROXY"];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{borrow::ToOwned as _, string::ToString as _};

    fn chosen(proxy: &Proxy, secure: bool, environment: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = environment.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match choose(proxy, secure, "a.example", 8443, variable) {
            Ok(Some(url)) => url.to_string(),
            Ok(None) => "direct".to_owned(),
            Err(unusable) => unusable.variable.to_owned(),
        }
    }

    #[test]
    fn the_environment() {
        let (one, two) = ("http://one:1", "http://two:2");
        for (environment, ws, wss) in [
            (&[][..], "direct", "direct"),
            (&[("http_proxy", one)], one, "direct"),
            (&[("HTTP_PROXY", one)], "direct", "direct"),
            (&[("https_proxy", one)], "direct", one),
            (&[("HTTPS_PROXY", one)], "direct", one),
            (&[("all_proxy", one)], one, one),
            (&[("ALL_PROXY", one)], one, one),
            (&[("ALL_PROXY", one), ("all_proxy", two)], two, two),
            (&[("all_proxy", one), ("http_proxy", two)], two, one),
            (&[("all_proxy", one), ("HTTPS_PROXY", two)], one, two),
            (&[("HTTPS_PROXY", one), ("https_proxy", two)], "direct", two),
            (&[("https_proxy", ""), ("HTTPS_PROXY", one)], "direct", one),
            (&[("http_proxy", " "), ("all_proxy", one)], one, one),
            (
                &[("http_proxy", ""), ("HTTP_PROXY", one)],
                "direct",
                "direct",
            ),
            (&[("ws_proxy", one), ("http_proxy", two)], one, "direct"),
            (&[("WSS_PROXY", one), ("https_proxy", two)], "direct", one),
            // Any scheme in any of them, and none is http.
            (&[("http_proxy", "one:1")], one, "direct"),
            (
                &[("https_proxy", " socks5h://one ")],
                "direct",
                "socks5h://one:1080",
            ),
            // What cannot be used is not passed over.
            (
                &[("http_proxy", "ftp://x"), ("all_proxy", one)],
                "http_proxy",
                one,
            ),
            (&[("ALL_PROXY", "a b")], "ALL_PROXY", "ALL_PROXY"),
            // Exceptions; the host is a.example:8443.
            (
                &[("all_proxy", one), ("no_proxy", ".example")],
                "direct",
                "direct",
            ),
            (&[("all_proxy", one), ("NO_PROXY", "*")], "direct", "direct"),
            (&[("all_proxy", one), ("no_proxy", "b.example")], one, one),
            (
                &[("all_proxy", one), ("no_proxy", "b"), ("NO_PROXY", "*")],
                one,
                one,
            ),
            (
                &[("all_proxy", one), ("no_proxy", ""), ("NO_PROXY", "*")],
                "direct",
                "direct",
            ),
            (
                &[("all_proxy", one), ("no_proxy", "a.example:8443")],
                "direct",
                "direct",
            ),
            (
                &[("all_proxy", one), ("no_proxy", "a.example:443")],
                one,
                one,
            ),
            (
                &[("all_proxy", "ftp://"), ("no_proxy", "*")],
                "direct",
                "direct",
            ),
        ] {
            assert_eq!(
                chosen(&Proxy::Env, false, environment),
                ws,
                "{environment:?}"
            );
            assert_eq!(
                chosen(&Proxy::Env, true, environment),
                wss,
                "{environment:?}"
            );
        }
    }

    #[test]
    fn settings_come_before_the_environment() {
        let environment = [("all_proxy", "http://one:1"), ("no_proxy", "*")];
        assert_eq!(chosen(&Proxy::None, true, &environment[..1]), "direct");
        let url = ProxyUrl::parse("socks4a://two:2").unwrap();
        let proxy = Proxy::from(url.clone());
        assert_eq!(chosen(&proxy, true, &environment), "socks4a://two:2");
        let proxy = Proxy::from(url.clone().except("b.example .other"));
        assert_eq!(chosen(&proxy, true, &environment), "socks4a://two:2");
        let proxy = Proxy::from(url.except("b, example:8443"));
        assert_eq!(chosen(&proxy, true, &environment), "direct");
    }
}
