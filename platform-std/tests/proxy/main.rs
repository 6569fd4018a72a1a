//! Proxies that answer in every way, right and wrong.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod digest;
mod http;
mod socks;
#[path = "../support/mod.rs"]
mod support;

use hybi_std::{
    Builder, CloseCode, ConnectError, Event, Proxy, WebSocket, builder,
    proxy::{ProxyError, TunnelError},
};

/// `scheme://…` of a server that [`serve`] has started.
fn at(scheme: &str, url: &str) -> String {
    let authority = url.strip_prefix("ws://").unwrap().trim_end_matches('/');
    format!("{scheme}://{authority}")
}

fn through(url: &str, proxy: &str) -> Builder {
    builder(url).proxy(Proxy::url(proxy).unwrap())
}

#[track_caller]
fn talk(mut socket: WebSocket) {
    socket.send_text("through").unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Text("through"));
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
}

#[track_caller]
fn tunnel_error(error: &ConnectError) -> TunnelError {
    match error {
        ConnectError::Proxy {
            error: ProxyError::Tunnel { error, .. },
            ..
        } => *error,
        other => panic!("{other:?}"),
    }
}
