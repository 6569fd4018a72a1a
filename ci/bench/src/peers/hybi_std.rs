//! hybi-std, blocking.

use hybi_std::{Builder, Compression, Event, Tls, WebSocket};

use crate::{
    message::Message,
    net::Target,
    peer::{Blocking, Client, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct HybiStd;

impl Peer for HybiStd {
    fn name(&self) -> &'static str {
        "hybi-std"
    }

    fn about(&self) -> &'static str {
        "this tree; Builder::connect_over, default settings; in memory over Prepared::other"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        let socket = match wire {
            Wire::Memory(stream) => {
                let stream = stream.extensions(setup.deflate.map(|deflate| deflate.answer()));
                let builder = builder("ws://localhost/", setup);
                builder.connect_over(hybi_std::Prepared::other(stream))
            }
            Wire::Net(target) => {
                let builder = with_tls(builder(&target.url(), setup), &target)?;
                builder.connect_over(target.tcp().map_err(broken)?)
            }
        };
        Ok(Box::new(Std(socket.map_err(broken)?)))
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        let builder = hybi_std::builder(target.url()).compression(None);
        let tcp = target.tcp().map_err(broken)?;
        builder.connect_over(tcp).map(drop).map_err(broken)
    }
}

pub fn builder(url: &str, setup: Setup) -> Builder {
    hybi_std::builder(url).compression(setup.deflate.map(|_| Compression::new()))
}

pub fn with_tls(builder: Builder, target: &Target) -> Outcome<Builder> {
    if target.tls.is_none() {
        return Ok(builder);
    }
    let tls = Tls::builder().add_root_pem(target.root.as_bytes());
    let tls = tls.and_then(|tls| tls.build()).map_err(broken)?;
    Ok(builder.tls(tls))
}

struct Std(WebSocket);

impl Blocking for Std {
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.0.receive().map_err(broken)? {
                Event::Text(text) => look.look(text.as_bytes()),
                Event::Binary(data) => look.look(data),
                Event::Ping(_) | Event::Pong(_) => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    fn send(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(text) => self.0.send_text(text),
            None => self.0.send_binary(&message.data),
        }
        .map_err(broken)
    }

    fn queue(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(text) => self.0.queue_text(text),
            None => self.0.queue_binary(&message.data),
        }
        .map_err(broken)
    }

    fn flush(&mut self) -> Outcome<()> {
        self.0.flush().map_err(broken)
    }
}
