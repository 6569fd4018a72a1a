//! Proxies: which one to use, and what went wrong with it.
//!
//! [`Builder::proxy`](crate::Builder::proxy) decides; by default there is
//! none. [`Proxy::Env`] asks the component's environment, by curl's rules:
//! `ws_proxy`, `http_proxy`, `all_proxy` for `ws://`, `wss_proxy`,
//! `https_proxy`, `all_proxy` for `wss://`, and `no_proxy` for what is reached
//! directly all the same; in wasmtime, `--env http_proxy=…` or `-S
//! inherit-env` passes them on.
//!
//! | proxy | what runs there | the target's name is resolved by |
//! | --- | --- | --- |
//! | `http://` | HTTP CONNECT, for `ws://` too | the proxy |
//! | `https://` | the same inside TLS (feature `tls`) | the proxy |
//! | `socks4://`, `socks://` | SOCKS4; IPv4 only; user id, a password is ignored | this component |
//! | `socks4a://` | SOCKS4a | the proxy |
//! | `socks5://` | SOCKS5, without or with user and password | this component |
//! | `socks5h://` | the same | the proxy |
//!
//! Without a scheme it is `http://`; without a port 1080, as with curl, and
//! for `https://` 443. User and password stand before the host,
//! percent-encoded. HTTP proxies get them as Basic with the first request
//! and, with the feature `http`, as Digest where they ask for it.
//!
//! Where this component resolves the name and it has several addresses, the
//! proxy is asked for one after the other. The connect deadline covers the
//! lookup of the proxy, TCP and TLS to it, what is said to it, and TLS to the
//! server.

mod error;
mod hop;

use alloc::{borrow::ToOwned as _, string::String};

pub use error::ProxyError;
pub use hybi_common::proxy::{Proxy, ProxyScheme, ProxyUrl, ProxyUrlError};
pub use hybi_core::proxy::{
    ProxyError as TunnelError, ProxyRequestError, ProxyResponseError, Socks4Reply, Socks5Reply,
};

use hybi_core::uri::Uri;

pub(crate) use hop::Hop;

use crate::{builder::Builder, error::ConnectError};

/// The proxy through which to reach `host`, if any.
pub(crate) fn of_builder(
    builder: &Builder,
    uri: &Uri<'_>,
    host: &str,
) -> Result<Option<ProxyUrl>, ConnectError> {
    let environment = match builder.proxy {
        Proxy::Env => wasi::cli::environment::get_environment(),
        _ => Default::default(),
    };
    let variable = |name: &str| -> Option<String> {
        let found = environment.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.clone())
    };
    let secure = uri.is_secure();
    hybi_common::proxy::choose(&builder.proxy, secure, host, uri.port(), variable).map_err(
        |unusable| ConnectError::Proxy {
            hop: unusable.variable.to_owned(),
            error: ProxyError::Url(unusable.error),
        },
    )
}
