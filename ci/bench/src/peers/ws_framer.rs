//! ws-framer.

use std::io::{Read, Write};

use ws_framer::{WsFrame, WsRxFramer, WsTxFramer};

use super::tungstenite::NO_DEFLATE;
use crate::{
    message::Message,
    net::Target,
    peer::{
        Blocking, Client, Failure, Look, NO_QUEUE, Outcome, Peer, Setup, Wire, broken, unexpected,
    },
};

pub struct WsFramer;

impl Peer for WsFramer {
    fn name(&self) -> &'static str {
        "ws-framer"
    }

    fn about(&self) -> &'static str {
        "0.4.0; WsRxFramer of 4 KiB, or a message and 4 KiB, and WsTxFramer; pings and closes \
         are answered by its caller"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        Ok(match wire {
            Wire::Memory(stream) => Box::new(Framers::new(stream.opened(), setup)),
            Wire::Net(target) => Box::new(Framers::new(target.open().map_err(broken)?, setup)),
        })
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        let mut stream = target.dial().map_err(broken)?;
        let (mut rx, mut tx) = ([0; 4096], [0; 4096]);
        let mut rx = WsRxFramer::new(&mut rx);
        let mut tx = WsTxFramer::new(true, &mut tx);
        let request = tx.http_upgrade_request("localhost", &target.path, &[]);
        stream.write_all(request.ok_or(TX)?).map_err(broken)?;
        let accept = tx.accept_key();
        loop {
            let n = stream.read(rx.read_buf()).map_err(broken)?;
            rx.advance(n);
            if let Some(response) = rx.http_response() {
                let accepted = response.map_err(broken)?.is_websocket_accepted(&accept);
                return accepted.then_some(()).ok_or_else(|| unexpected("refused"));
            }
        }
    }
}

const TX: Failure = Failure::Cannot("the send buffer is too small");

/// The framers borrow their buffers, which live as long as the program: each
/// connection leaks its own.
struct Framers<S> {
    stream: S,
    rx: WsRxFramer<'static>,
    tx: WsTxFramer<'static>,
}

impl<S> Framers<S> {
    fn new(stream: S, setup: Setup) -> Self {
        let rx = if setup.largest <= 1024 {
            4096
        } else {
            setup.largest + 4096
        };
        Self {
            stream,
            rx: WsRxFramer::new(vec![0; rx].leak()),
            tx: WsTxFramer::new(true, vec![0; setup.largest.max(4082) + 14].leak()),
        }
    }
}

impl<S: Read + Write> Blocking for Framers<S> {
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.rx.next_frame() {
                None => {
                    let n = self.stream.read(self.rx.read_buf()).map_err(broken)?;
                    if n == 0 {
                        return Err(unexpected("end"));
                    }
                    self.rx.advance(n);
                    continue;
                }
                Some(Ok(WsFrame::Text(text))) => look.look(text.as_bytes()),
                Some(Ok(WsFrame::Binary(data))) => look.look(data),
                Some(Ok(WsFrame::Ping(_) | WsFrame::Pong(_))) => continue,
                Some(other) => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    fn send(&mut self, message: &Message) -> Outcome<()> {
        let frame = match &message.text {
            Some(text) => self.tx.text(text),
            None => self.tx.binary(&message.data),
        };
        self.stream.write_all(frame.ok_or(TX)?).map_err(broken)
    }

    fn queue(&mut self, _: &Message) -> Outcome<()> {
        Err(NO_QUEUE)
    }

    fn flush(&mut self) -> Outcome<()> {
        Ok(())
    }
}
