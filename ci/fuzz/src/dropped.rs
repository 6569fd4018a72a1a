//! The async driver and the peer: futures are polled a few times and dropped,
//! and nothing is lost by that.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, Event, State},
    driver::{Error, asynch::WebSocket},
    error::{ReceiveError, SendError, Timeout},
};

use crate::{
    input::Input,
    model::{self, Count, Model},
    peer::{Peer, Sent},
    pipe::{Clock, Pipe},
};

type Failure = Error<std::convert::Infallible>;

/// The transport, the peer and the clock: all that moves while a future waits.
#[derive(Debug)]
struct World {
    pipe: Pipe,
    clock: Clock,
    peer: Peer,
    model: Model,
    number: usize,
    answered: usize,
}

impl World {
    fn number(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    /// Something happens.
    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 10 {
            0..=1 => self.pipe.0.borrow_mut().readable += usize::from(input.byte()),
            2..=3 => self.pipe.0.borrow_mut().writable += usize::from(input.byte()),
            4 => {
                let number = self.number();
                let len = 4 * usize::from(input.byte());
                self.peer_sends(if input.bit() {
                    Sent::Text(model::text(number, len))
                } else {
                    Sent::Binary(model::bytes(number, len))
                });
            }
            5 => {
                let number = self.number();
                let payload = model::bytes(number, usize::from(input.byte() % 126));
                self.peer_sends(Sent::Ping(payload));
            }
            6 if input.byte() % 16 == 0 => self.peer_closes(),
            7 => self.peer_answers(),
            8 => self.pass(Duration::from_millis(10 * u64::from(input.byte()))),
            9 if input.byte() % 32 == 0 => self.pipe.0.borrow_mut().ended = true,
            _ => {}
        }
    }

    fn pass(&self, time: Duration) {
        self.clock.0.set(self.clock.0.get() + time);
    }

    fn peer_sends(&mut self, sent: Sent) {
        if self.pipe.0.borrow().ended || self.model.peer_has_closed() {
            return;
        }
        self.peer.send(&sent, &[], &[]);
        let mut state = self.pipe.0.borrow_mut();
        state.to_client.append(&mut self.peer.output);
        self.model.peer_sent(sent);
    }

    fn peer_closes(&mut self) {
        self.peer_sends(Sent::Close(1001_u16.to_be_bytes().to_vec()));
    }

    fn peer_answers(&mut self) {
        let bytes = std::mem::take(&mut self.pipe.0.borrow_mut().to_peer);
        self.peer.take(&bytes);
        for sent in self.peer.received.split_off(self.answered) {
            match &sent {
                Sent::Ping(payload) => self.peer_sends(Sent::Pong(payload.clone())),
                Sent::Close(_) => self.peer_closes(),
                _ => {}
            }
            self.peer.received.push(sent);
        }
        self.answered = self.peer.received.len();
    }

    /// Everything may go its way.
    fn open(&mut self) {
        self.peer_answers();
        let mut state = self.pipe.0.borrow_mut();
        state.readable = usize::MAX;
        state.writable = usize::MAX;
    }

    /// Polls `future` a few times while things happen.
    fn poll_some<V>(
        &mut self,
        input: &mut Input<'_>,
        future: impl Future<Output = V>,
    ) -> Option<V> {
        let mut future = pin!(future);
        for _ in 0..=input.byte() % 8 {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return Some(value);
            }
            self.step(input);
        }
        None
    }
}

pub struct Dropped {
    world: World,
    client: WebSocket<Pipe, Vec<u8>, Vec<u8>, Count, Clock>,
    open: bool,
    end: Option<String>,
}

impl Dropped {
    pub fn new(input: &mut Input<'_>) -> Self {
        let mut config = Config::default();
        if input.bit() {
            config.idle_timeout = Some(Duration::from_secs(9));
        }
        config.max_send_buffer = 1024;
        let (pipe, clock) = (Pipe::default(), Clock::default());
        let connection = Connection::new(Vec::new(), Vec::new(), Count::default(), config).unwrap();
        let client = WebSocket::new(pipe.clone(), clock.clone(), connection);
        let mut model = Model::default();
        model.pongs = Some(Default::default());
        Self {
            world: World {
                pipe,
                clock,
                peer: Peer::default(),
                model,
                number: 0,
                answered: 0,
            },
            client,
            open: true,
            end: None,
        }
    }

    pub fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 8 {
            0..=2 => self.receive(input),
            3 => self.send(input),
            4 => self.queue(input),
            5 => self.ping(input),
            6 if input.byte() % 16 == 0 => self.start_close(input),
            7 => {
                let result = self.world.poll_some(input, self.client.flush());
                if let Some(Err(error)) = result {
                    self.failed(&error);
                }
            }
            _ => self.world.step(input),
        }
        self.note_state();
    }

    /// Lets everything go its way until it has ended.
    pub fn finish(mut self) {
        self.world.open();
        if self.open && self.end.is_none() {
            self.start_close(&mut Input(&[7, 0, 0, 0, 0, 0, 0, 0, 0]));
        }
        for turn in 0.. {
            assert!(turn < 10_000, "it does not end");
            self.world.open();
            if self.end.is_some() {
                break;
            }
            if turn == 500 {
                self.world.peer_closes();
                self.world.pipe.0.borrow_mut().ended = true;
            }
            if turn % 1_000 == 999 {
                self.world.pass(Duration::from_secs(5));
            }
            self.receive(&mut Input(&[]));
        }
        self.world.peer_answers();
        self.world.model.check_peer(&self.world.peer);
        let end = self.end.take();
        self.receive(&mut Input(&[3]));
        assert_eq!(self.end, end, "it ends in two ways");
    }

    fn receive(&mut self, input: &mut Input<'_>) {
        let result = self.world.poll_some(input, self.client.receive());
        match result {
            None => {}
            Some(Ok(Event::Closed(closed))) => {
                self.world.model.closed(&closed);
                let clean = closed.clean;
                self.end = Some(format!("{closed:?}"));
                self.note_state();
                if clean {
                    self.world.peer_answers();
                    self.world.model.check_peer(&self.world.peer);
                    self.world.model.check_all_arrived();
                    assert!(self.world.model.all_told());
                }
            }
            Some(Ok(event)) => {
                assert_eq!(self.end, None, "an event after the end");
                self.world.model.event(&event, true);
            }
            Some(Err(error)) => {
                self.failed(&error);
                self.end = Some(format!("{error:?}"));
            }
        }
    }

    /// The end of it is what `receive` says.
    fn failed(&mut self, error: &Failure) {
        match error {
            Error::Receive(ReceiveError::ConnectionLost) => {
                assert!(self.world.pipe.0.borrow().ended);
            }
            Error::Receive(ReceiveError::Timeout(Timeout::Idle)) => {}
            error => panic!("{error}"),
        }
        self.note_state();
    }

    /// What became of an order. A dropped one may have been queued.
    fn ordered(&mut self, result: Option<Result<(), Failure>>, sent: Sent) {
        match result {
            None => self.world.model.maybe_ordered(sent),
            Some(Ok(())) => self.world.model.ordered(sent),
            Some(Err(Error::Send(SendError::Closing))) => {
                assert!(self.client.connection().state() != State::Open);
            }
            Some(Err(Error::Send(error))) => panic!("{error}"),
            // It was queued before the connection failed, or not.
            Some(Err(error)) => {
                self.world.model.maybe_ordered(sent);
                self.failed(&error);
            }
        }
    }

    fn send(&mut self, input: &mut Input<'_>) {
        let number = self.world.number();
        let len = 2 * usize::from(input.byte());
        if input.bit() {
            let text = model::text(number, len);
            let send = self.client.send_text(std::str::from_utf8(&text).unwrap());
            let result = self.world.poll_some(input, send);
            self.ordered(result, Sent::Text(text));
        } else {
            let data = model::bytes(number, len);
            let result = self.world.poll_some(input, self.client.send_binary(&data));
            self.ordered(result, Sent::Binary(data));
        }
    }

    fn queue(&mut self, input: &mut Input<'_>) {
        let number = self.world.number();
        let data = model::bytes(number, 2 * usize::from(input.byte()));
        let result = self.world.poll_some(input, self.client.queue_binary(&data));
        self.ordered(result, Sent::Binary(data));
    }

    fn ping(&mut self, input: &mut Input<'_>) {
        let number = self.world.number();
        let payload = model::bytes(number, usize::from(input.byte() % 126));
        let result = self.world.poll_some(input, self.client.ping(&payload));
        self.ordered(result, Sent::Ping(payload));
    }

    fn start_close(&mut self, input: &mut Input<'_>) {
        if self.client.connection().state() != State::Open {
            return;
        }
        let close = self.client.start_close(CloseCode(1000), "done");
        let result = self.world.poll_some(input, close);
        // Whether it is queued is known: the state tells.
        if self.client.connection().state() != State::Open && self.open {
            self.open = false;
            let mut body = 1000_u16.to_be_bytes().to_vec();
            body.extend(b"done");
            self.world.model.ordered(Sent::Close(body));
        }
        if let Some(Err(error)) = result {
            self.failed(&error);
        }
    }

    /// The client answered the peer's Close frame, or failed.
    fn note_state(&mut self) {
        if !self.open || self.client.connection().state() == State::Open {
            return;
        }
        self.open = false;
        let body = match self.client.connection().failure() {
            None => self.world.model.peer_close().map(<[u8]>::to_vec),
            Some(error) => error.close_code().map(|code| code.0.to_be_bytes().to_vec()),
        };
        if let Some(body) = body {
            self.world.model.ordered(Sent::Close(body));
        }
    }
}
