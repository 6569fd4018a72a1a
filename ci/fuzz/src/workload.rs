//! A client without I/O and its peer, one action at a time, with the model
//! looking on.

use std::time::Duration;

use hybi_core::{
    buffer::Buffer,
    close_code::CloseCode,
    connection::{Config, Connection, Delivery, Event, Initiator, Keepalive, State},
    error::{ReceiveError, SendError, Timeout},
};

use crate::{
    input::Input,
    model::{self, Count, Model},
    peer::{Peer, Sent},
};

pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE: &[u8] = b"keepalive";

/// Room in a receive buffer for control frames between fragments.
const CONTROL: usize = 128;

#[derive(Debug)]
pub struct Workload<B> {
    client: Connection<B, B, Count>,
    peer: Peer,
    model: Model,
    /// Numbers for payloads.
    number: usize,
    /// The message that the client has begun.
    begun: Option<Sent>,
    /// The largest message that the peer may send.
    largest: usize,
    now: Duration,
    /// Since when the client is not open, and who began that.
    closing: Option<(Duration, Option<Initiator>)>,
    /// How many of the client's frames the peer has answered.
    answered: usize,
    /// The peer ended its side of the transport.
    ended: bool,
    /// The transport takes nothing from the client.
    cut: bool,
    /// The last thing that the client said.
    end: Option<String>,
}

impl<B: Buffer> Workload<B> {
    pub fn new(input: &mut Input<'_>, rx: B, tx: B) -> Self {
        let mut config = Config::default();
        config.close_timeout = Some(CLOSE_TIMEOUT);
        let mut model = Model::default();
        let flags = input.byte();
        if flags & 1 != 0 {
            config.delivery = Delivery::Chunks;
        }
        if flags & 2 != 0 {
            config.idle_timeout = Some(Duration::from_secs(9));
        }
        if flags & 4 != 0 {
            let keepalive = Keepalive::every(Duration::from_secs(2));
            let keepalive = keepalive.timeout(Some(Duration::from_secs(4)));
            config.keepalive = Some(keepalive.payload(KEEPALIVE).unwrap());
            model.keepalive = Some(KEEPALIVE.to_vec());
        }
        let largest = match config.delivery {
            Delivery::Whole => rx.max_len().min(3000) - CONTROL,
            Delivery::Chunks => 3000,
        };
        Self {
            client: Connection::new(rx, tx, Count::default(), config).unwrap(),
            peer: Peer::default(),
            model,
            number: 0,
            begun: None,
            largest,
            now: Duration::ZERO,
            closing: None,
            answered: 0,
            ended: false,
            cut: false,
            end: None,
        }
    }

    pub fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 17 {
            0 => self.client_sends(input),
            1 => self.client_sends_piece(input),
            2 => self.client_controls(input),
            3 if input.byte() % 8 == 0 => self.client_closes(input),
            4..=5 => {
                self.transmit(1 + usize::from(input.byte()));
            }
            6 => {
                self.transmit(usize::MAX);
            }
            7 => {
                self.peer_answers();
            }
            8 => self.peer_sends(input),
            9 => {
                let payload = self.control(input);
                self.peer_sends_one(Sent::Ping(payload));
            }
            10 if input.byte() % 8 == 0 => self.peer_closes(),
            11..=12 => {
                self.deliver(1 + usize::from(input.byte()));
            }
            13 => {
                self.deliver(usize::MAX);
            }
            14 => {
                self.poll();
            }
            15 => self.pass(Duration::from_millis(20 * u64::from(input.byte()))),
            16 => match input.byte() {
                0..4 => self.ended = true,
                4..8 if !self.cut => {
                    self.cut = true;
                    self.client.transmit_failed(self.now);
                }
                _ => {}
            },
            _ => {}
        }
        self.check_deadline();
    }

    /// Lets everything go its way until it has ended.
    pub fn finish(mut self) {
        self.settle();
        self.client_closes(&mut Input(&[]));
        self.settle();
        self.peer_closes();
        self.settle();
        self.ended = true;
        self.settle();
        if self.end.is_none() {
            // Only a transport that takes nothing keeps it from ending.
            assert!(self.cut, "it does not end");
            let deadline = self.client.poll_timeout().expect("no deadline");
            self.pass(deadline.saturating_sub(self.now));
            self.settle();
        }
        let end = self.end.take().expect("it does not end");
        self.poll();
        assert_eq!(self.end.as_ref(), Some(&end), "it ends in two ways");
        assert!(self.client.transmit().is_empty());
    }

    fn settle(&mut self) {
        let mut turns = 0;
        while self.transmit(usize::MAX)
            | self.peer_answers()
            | self.deliver(usize::MAX)
            | self.poll()
        {
            turns += 1;
            assert!(turns < 100_000, "it goes round and round");
        }
        self.check_deadline();
    }

    fn number(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    fn message(&mut self, is_text: bool, len: usize) -> (Sent, Vec<u8>) {
        let number = self.number();
        if is_text {
            let text = model::text(number, len);
            (Sent::Text(text.clone()), text)
        } else {
            let data = model::bytes(number, len);
            (Sent::Binary(data.clone()), data)
        }
    }

    fn control(&mut self, input: &mut Input<'_>) -> Vec<u8> {
        let number = self.number();
        model::bytes(number, usize::from(input.byte() % 126))
    }

    /// An order of the client's came to `result`.
    fn note<T>(&mut self, result: Result<T, SendError>, sent: Sent) {
        match result {
            Ok(_) => self.model.ordered(sent),
            Err(SendError::Full) => assert!(!self.client.transmit().is_empty(), "full of nothing"),
            Err(SendError::Closing) => assert!(self.client.state() != State::Open || self.cut),
            Err(SendError::MessageInProgress) => assert!(self.begun.is_some()),
            Err(SendError::TooBig(error)) => assert!(error.needed > error.allowed),
            Err(error) => panic!("{error}"),
        }
    }

    fn client_sends(&mut self, input: &mut Input<'_>) {
        let is_text = input.bit();
        let (sent, data) = self.message(is_text, 2 * usize::from(input.byte()));
        let result = if is_text {
            self.client.send_text(std::str::from_utf8(&data).unwrap())
        } else {
            self.client.send_binary(&data)
        };
        self.note(result, sent);
    }

    fn client_sends_piece(&mut self, input: &mut Input<'_>) {
        let is_text = match self.begun {
            Some(Sent::Text(_)) => true,
            Some(_) => false,
            None => input.bit(),
        };
        let last = input.byte() % 4 == 0;
        let len = 2 * usize::from(input.byte());
        let (sent, mut piece) = self.message(is_text, len);
        if len == 0 {
            piece.clear();
        }
        let result = if is_text {
            let text = std::str::from_utf8(&piece).unwrap();
            self.client.send_text_piece(text, last)
        } else {
            self.client.send_binary_piece(&piece, last)
        };
        let Ok(taken) = result else {
            return self.note(result, sent);
        };
        if !piece.is_empty() || last {
            let empty = if is_text {
                Sent::Text(Vec::new())
            } else {
                Sent::Binary(Vec::new())
            };
            let mut begun = self.begun.take().unwrap_or(empty);
            if let Sent::Text(message) | Sent::Binary(message) = &mut begun {
                message.extend_from_slice(&piece[..taken]);
            }
            if last && taken == piece.len() {
                self.model.ordered(begun);
            } else {
                self.begun = Some(begun);
            }
        }
        let begun = self.client.message_in_progress().is_some();
        assert_eq!(begun, self.begun.is_some());
    }

    fn client_controls(&mut self, input: &mut Input<'_>) {
        let is_ping = input.bit();
        let payload = self.control(input);
        if is_ping {
            let result = self.client.ping(&payload);
            self.note(result, Sent::Ping(payload));
        } else {
            let result = self.client.pong(&payload);
            self.note(result, Sent::Pong(payload));
        }
    }

    fn client_closes(&mut self, input: &mut Input<'_>) {
        if self.client.state() != State::Open {
            return;
        }
        let code = 1000 + u16::from(input.byte() % 2);
        let result = self.client.close(CloseCode(code), "done", self.now);
        if result.is_ok() {
            self.closing = Some((self.now, Some(Initiator::Local)));
        }
        let mut body = code.to_be_bytes().to_vec();
        body.extend(b"done");
        self.note(result, Sent::Close(body));
    }

    /// Bytes go from the client to the peer.
    fn transmit(&mut self, most: usize) -> bool {
        let bytes = self.client.transmit();
        let bytes = &bytes[..bytes.len().min(most)];
        let sent = bytes.len();
        if sent > 0 {
            assert!(!self.cut, "bytes for a transport that takes none");
            self.peer.take(bytes);
            self.client.transmitted(sent);
            self.model.check_peer(&self.peer);
        }
        sent > 0
    }

    /// Replies to what came from the client.
    fn peer_answers(&mut self) -> bool {
        let new = self.peer.received[self.answered..].to_vec();
        self.answered = self.peer.received.len();
        for sent in &new {
            match sent {
                Sent::Ping(payload) => self.peer_sends_one(Sent::Pong(payload.clone())),
                Sent::Close(_) => self.peer_closes(),
                _ => {}
            }
        }
        !new.is_empty()
    }

    fn peer_may_send(&self) -> bool {
        !self.ended && !self.model.peer_has_closed()
    }

    fn peer_sends(&mut self, input: &mut Input<'_>) {
        if !self.peer_may_send() {
            return;
        }
        let is_text = input.bit();
        let len = (usize::from(input.byte()) * 16).min(self.largest);
        let (message, data) = self.message(is_text, len);
        let mut cuts: Vec<_> = (0..input.byte() % 5)
            .map(|_| usize::from(input.byte()) * data.len() / 255)
            .collect();
        cuts.sort_unstable();
        let mut between = Vec::new();
        for _ in 0..cuts.len().min(usize::from(input.byte() % 5)) {
            let payload = self.control(input);
            between.push(if input.bit() {
                Sent::Ping(payload)
            } else {
                Sent::Pong(payload)
            });
        }
        self.peer.send(&message, &cuts, &between);
        for control in between {
            self.model.peer_sent(control);
        }
        self.model.peer_sent(message);
    }

    fn peer_sends_one(&mut self, sent: Sent) {
        if self.peer_may_send() {
            self.peer.send(&sent, &[], &[]);
            self.model.peer_sent(sent);
        }
    }

    fn peer_closes(&mut self) {
        let mut body = 1001_u16.to_be_bytes().to_vec();
        body.extend("à bientôt".bytes());
        self.peer_sends_one(Sent::Close(body));
    }

    /// Bytes go from the peer to the client.
    fn deliver(&mut self, most: usize) -> bool {
        let buffer = self.client.receive_buffer();
        let len = most.min(buffer.len()).min(self.peer.output.len());
        buffer[..len].copy_from_slice(&self.peer.output[..len]);
        self.peer.output.drain(..len);
        if len > 0 {
            self.client.received(len);
        } else if self.ended && self.peer.output.is_empty() {
            self.client.receive_eof();
        }
        len > 0
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.client.handle_timeout(self.now);
        self.note_state();
    }

    /// Takes the next event. True: there was one.
    fn poll(&mut self) -> bool {
        let result = self.client.poll_event(self.now);
        let end = match result {
            Ok(Some(Event::Closed(closed))) => {
                self.model.closed(&closed);
                Some(format!("{closed:?}"))
            }
            Ok(Some(event)) => {
                assert_eq!(self.end, None, "an event after the end");
                self.model.event(&event, !self.cut);
                return true;
            }
            Ok(None) => {
                assert_eq!(self.end, None, "nothing after the end");
                None
            }
            Err(error) => Some(format!("{error:?}")),
        };
        self.note_state();
        if end.is_some() && self.end.is_none() {
            self.check_end();
        }
        self.end = end;
        false
    }

    /// The client may have left the state Open by itself: it answered the
    /// peer's Close frame with its code, or it failed and said why.
    fn note_state(&mut self) {
        if self.closing.is_some() || self.client.state() == State::Open {
            return;
        }
        let code = match self.client.failure() {
            None => {
                self.closing = Some((self.now, Some(Initiator::Peer)));
                let body = self.model.peer_close().expect("closing for no reason");
                Some(body.get(..2).unwrap_or_default().to_vec())
            }
            Some(error) => {
                self.closing = Some((self.now, None));
                error.close_code().map(|code| code.0.to_be_bytes().to_vec())
            }
        };
        if let Some(code) = code
            && !self.cut
        {
            self.model.ordered(Sent::Close(code));
        }
    }

    fn check_end(&mut self) {
        assert_eq!(self.client.state(), State::Closed);
        let config = self.client.config();
        match self.client.failure() {
            None => {}
            Some(ReceiveError::ConnectionLost) => assert!(self.ended || self.cut),
            Some(ReceiveError::Timeout(Timeout::Idle)) => assert!(config.idle_timeout.is_some()),
            Some(ReceiveError::Timeout(Timeout::Keepalive)) => assert!(config.keepalive.is_some()),
            Some(error) => panic!("{error}"),
        }
        if let Ok(Some(Event::Closed(closed))) = self.client.poll_event(self.now) {
            let began = self.closing.and_then(|(_, initiator)| initiator);
            assert!(began.is_none_or(|initiator| closed.initiator == initiator));
            if closed.clean {
                assert!(self.model.all_told() && self.model.peer_has_closed());
                self.model.check_all_arrived();
            }
        }
    }

    /// The closing handshake has a deadline, and it is not put off.
    fn check_deadline(&self) {
        if let Some((since, _)) = self.closing
            && self.end.is_none()
            && self.client.state() != State::Closed
        {
            let deadline = self.client.poll_timeout().expect("no deadline");
            assert!(deadline <= since + CLOSE_TIMEOUT, "a deadline put off");
        }
    }
}
