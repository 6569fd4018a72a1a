//! Proxies: which one to use, and what went wrong with it.
//!
//! # Which
//! [`Builder::proxy`](crate::Builder::proxy) decides; by default the
//! environment does, by curl's rules:
//!
//! | URL | variables, the first that is set counts |
//! | --- | --- |
//! | `ws://` | `ws_proxy`, `WS_PROXY`, `http_proxy` (never `HTTP_PROXY`: a CGI program's client could set that one), `all_proxy`, `ALL_PROXY` |
//! | `wss://` | `wss_proxy`, `WSS_PROXY`, `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY` |
//!
//! An empty variable is one that is not set. A value that cannot be read is
//! an error; the connection is not made without the proxy then.
//!
//! `no_proxy`, or else `NO_PROXY`, lists what is reached directly all the
//! same, with commas or blanks between the entries:
//!
//! | entry | reached directly |
//! | --- | --- |
//! | `*` | everything |
//! | `example.com`, `.example.com` | that name and all that end in `.example.com`, in any case |
//! | `192.0.2.7`, `2001:db8::1`, `[2001:db8::1]` | that address, as the URL names it |
//! | `192.0.2.0/24`, `2001:db8::/32` | addresses of that network, as the URL names them |
//! | any of these with `:8080` after it (IPv6 in brackets) | the same, at that port only |
//!
//! Names are not looked up for it. No host is excepted by itself, not even
//! `localhost`.
//!
//! # How
//! | proxy | what runs there | the target's name is resolved by |
//! | --- | --- | --- |
//! | `http://` | HTTP CONNECT, for `ws://` too | the proxy |
//! | `https://` | the same inside TLS | the proxy |
//! | `socks4://`, `socks://` | SOCKS4; IPv4 only; user id, a password is ignored | this machine |
//! | `socks4a://` | SOCKS4a | the proxy |
//! | `socks5://` | SOCKS5, without or with user and password | this machine |
//! | `socks5h://` | the same | the proxy |
//!
//! Without a scheme it is `http://`; without a port 1080, as with curl, and
//! for `https://` 443. User and password stand before the host,
//! percent-encoded. HTTP proxies get them as Basic with the first request,
//! and as Digest (RFC 7616) where they ask for it.
//!
//! Where this machine resolves the name and it has several addresses, the
//! proxy is asked for one after the other. The connect deadline covers the
//! lookup of the proxy, TCP and TLS to it, what is said to it, and TLS to the
//! server.

mod error;
pub(crate) mod hop;

pub use error::ProxyError;
pub(crate) use hybi_common::proxy::{Credentials, Login};
pub use hybi_common::proxy::{Proxy, ProxyScheme, ProxyUrl, ProxyUrlError};
pub use hybi_core::proxy::{
    ProxyError as TunnelError, ProxyRequestError, ProxyResponseError, Socks4Reply, Socks5Reply,
};

pub(crate) use hop::Hop;

use hybi_core::uri::Uri;

use crate::{builder::Builder, error::ConnectError};

/// The proxy through which to reach `host`, if any.
pub(crate) fn of_builder(
    builder: &Builder,
    uri: &Uri<'_>,
    host: &str,
) -> Result<Option<ProxyUrl>, ConnectError> {
    let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    let secure = uri.is_secure();
    hybi_common::proxy::choose(&builder.proxy, secure, host, uri.port(), variable).map_err(
        |unusable| ConnectError::Proxy {
            hop: unusable.variable.to_owned(),
            error: ProxyError::Url(unusable.error),
        },
    )
}
