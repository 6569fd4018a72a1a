//! The clients, one file each.

mod boomnet;
mod embedded_websocket;
mod fastwebsockets;
mod floor;
mod hybi_core;
mod hybi_std;
mod hybi_tokio;
mod nexus;
mod sockudo;
mod tokio_tungstenite;
mod tokio_websockets;
mod tungstenite;
mod websocketz;
mod ws_framer;
mod wtx;
mod yawc;

pub use floor::mask;

use std::rc::Rc;

use tokio::runtime::Runtime;

use crate::peer::{Asynch, Client, Driven, Outcome, Peer, broken};

/// This project's first, then the others, the floor last.
pub fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(hybi_core::HybiCore),
        Box::new(hybi_std::HybiStd),
        Box::new(hybi_tokio::HybiTokio),
        Box::new(tungstenite::Tungstenite),
        Box::new(tokio_tungstenite::TokioTungstenite),
        Box::new(tokio_websockets::TokioWebsockets),
        Box::new(fastwebsockets::Fastwebsockets),
        Box::new(sockudo::Sockudo),
        Box::new(yawc::Yawc),
        Box::new(wtx::Wtx),
        Box::new(nexus::Nexus),
        Box::new(boomnet::Boomnet),
        Box::new(ws_framer::WsFramer),
        Box::new(websocketz::Websocketz),
        Box::new(embedded_websocket::EmbeddedWebsocket),
        Box::new(floor::Floor),
    ]
}

thread_local! {
    static RUNTIME: Rc<Runtime> = Rc::new(
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime"),
    );
}

/// One for all, with timers, which some of them need.
pub fn runtime() -> Rc<Runtime> {
    RUNTIME.with(Rc::clone)
}

/// Opens an async client within the runtime.
fn drive<A: Asynch + 'static>(open: impl AsyncFnOnce() -> Outcome<A>) -> Outcome<Box<dyn Client>> {
    let runtime = runtime();
    let client = runtime.block_on(open())?;
    Ok(Box::new(Driven { runtime, client }))
}

/// Runs an async handshake.
fn shake<T, E: std::fmt::Debug>(handshake: impl AsyncFnOnce() -> Result<T, E>) -> Outcome<()> {
    runtime().block_on(async { handshake().await.map(drop).map_err(broken) })
}
