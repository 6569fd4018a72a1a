//! The guide in `docs/`, so that its samples are run with the tests, and the
//! server that some of them talk to.

use std::{io, net::TcpListener, thread};

/// Starts a server that sends every message back, tungstenite on a loopback
/// port, and returns its URL.
///
/// # Errors
/// There is no port.
pub fn echo_server() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let Ok(mut socket) = tungstenite::accept(stream) else {
                    return;
                };
                while let Ok(message) = socket.read() {
                    if message.is_text() || message.is_binary() {
                        let _ = socket.send(message);
                    }
                }
            });
        }
    });
    Ok(url)
}

/// One module a page, so that a failure names it.
macro_rules! pages {
    ($($name:ident $page:literal)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../../../docs/", $page))]
        mod $name {}
    )*};
}

pages! {
    buffers "buffers.md"
    compression "compression.md"
    errors "errors.md"
    from_embedded_websocket "from-embedded-websocket.md"
    from_tungstenite "from-tungstenite.md"
    from_websocket_client "from-websocket-client.md"
    limits "limits.md"
    messages "messages.md"
    on_async "async.md"
    proxies "proxies.md"
    sans_io "sans-io.md"
    start_embassy "start-embassy.md"
    start_smoltcp "start-smoltcp.md"
    start_std "start-std.md"
    telemetry "telemetry.md"
    threads "threads.md"
    tls "tls.md"
}
