//! An uplink that survives restarts of its server: readings as JSON, each
//! kept until the server has acknowledged it.
//!
//! `telemetry [URL]` sends a reading a second to a server that answers
//! `ack N` to the reading with the number N, for ever. Without a URL it sends
//! 20 of them, ten a second, to a server of its own, tungstenite on a loopback
//! port, which restarts every few readings; the exit status is 0 only if that
//! server got every one of them.

use std::{
    collections::VecDeque,
    env,
    error::Error,
    net::{SocketAddr, TcpListener, TcpStream},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use hybi_std::{
    CloseCode, Keepalive, Message, builder,
    reconnect::{Handle, Outcome, Policy, Reconnecting, SessionEvent},
};

/// What to send, and how often.
struct Plan {
    every: Duration,
    /// How many. `None`: for ever.
    count: Option<u64>,
    policy: Policy,
}

/// Readings that the server has not acknowledged, the oldest first.
#[derive(Default)]
struct Unacknowledged {
    readings: VecDeque<(u64, String)>,
    taken: u64,
}

/// Of a long time without a server only the latest are kept.
const KEPT: usize = 10_000;

impl Unacknowledged {
    fn take_reading(&mut self, since: Duration) -> &str {
        self.taken += 1;
        let seconds = since.as_secs_f64();
        let celsius = 21.0 + 2.0 * (seconds / 7.0).sin();
        let json = format!(
            r#"{{"reading":{},"seconds":{seconds:.3},"celsius":{celsius:.2}}}"#,
            self.taken
        );
        if self.readings.len() == KEPT {
            self.readings.pop_front();
        }
        self.readings.push_back((self.taken, json));
        self.readings.back().map_or("", |(_, json)| json)
    }

    fn acknowledged(&mut self, number: u64) {
        self.readings.retain(|(kept, _)| *kept > number);
    }

    /// After a loss nobody knows what of it arrived. Numbers tell the server
    /// which ones it has.
    fn send_all(&self, handle: &Handle) -> Result<(), hybi_std::Error> {
        self.readings
            .iter()
            .try_for_each(|(_, json)| handle.send_text(json))
    }
}

fn uplink(url: &str, plan: &Plan) -> Outcome {
    let builder = builder(url)
        .keepalive(Keepalive::every(Duration::from_secs(20)))
        .write_timeout(Duration::from_secs(10));
    let mut session = Reconnecting::new(builder).policy(plan.policy);
    let handle = session.handle();
    let mut readings = Unacknowledged::default();
    let begin = Instant::now();
    let mut next = begin;
    loop {
        let done = plan.count.is_some_and(|count| readings.taken >= count);
        if done && readings.readings.is_empty() {
            let _ = handle.close(CloseCode::NORMAL, "done");
        } else if !done && next <= Instant::now() {
            next += plan.every;
            let json = readings.take_reading(begin.elapsed());
            // What is not sent now goes out once a connection is open.
            let _ = handle.send_text(json);
        }
        let wait = if done {
            Duration::from_secs(1)
        } else {
            next.saturating_duration_since(Instant::now())
        };
        match session.next_event_timeout(wait) {
            Some(SessionEvent::Open(_)) => {
                println!("open; {} readings wait", readings.readings.len());
                let _ = readings.send_all(&handle);
            }
            Some(SessionEvent::Message(Message::Text(text))) => {
                if let Some(number) = text.strip_prefix("ack ").and_then(|n| n.parse().ok()) {
                    readings.acknowledged(number);
                }
            }
            Some(SessionEvent::Disconnected(loss)) => println!("lost: {loss}"),
            Some(SessionEvent::Closed(outcome)) => return outcome,
            _ => {}
        }
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if let Some(url) = env::args().nth(1) {
        let plan = Plan {
            every: Duration::from_secs(1),
            count: None,
            policy: Policy::default(),
        };
        println!("{}", uplink(&url, &plan));
        return Ok(ExitCode::FAILURE);
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || serve(address, listener).map_err(|error| error.to_string()));
    let mut policy = Policy::default();
    policy.minimum = Duration::from_millis(20);
    policy.maximum = Duration::from_millis(200);
    let plan = Plan {
        every: Duration::from_millis(100),
        count: Some(20),
        policy,
    };
    let outcome = uplink(&format!("ws://{address}/"), &plan);
    println!("{outcome}");
    let (received, restarts) = server.join().map_err(|_| "the server panicked")??;
    println!("the server restarted {restarts} times and got {received:?}");
    let all = received.iter().copied().eq(1..=20);
    Ok(if all && matches!(outcome, Outcome::Closed(_)) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Restarts after every six readings, until a client closes. Returns which
/// readings it got, and how often it restarted.
fn serve(
    address: SocketAddr,
    mut listener: TcpListener,
) -> Result<(Vec<u64>, usize), Box<dyn Error>> {
    let mut received = Vec::new();
    let mut restarts = 0;
    loop {
        let mut socket = tungstenite::accept(listener.accept()?.0)?;
        drop(listener);
        if !take_six(&mut socket, &mut received)? {
            return Ok((received, restarts));
        }
        drop(socket);
        restarts += 1;
        thread::sleep(Duration::from_millis(150));
        listener = TcpListener::bind(address)?;
    }
}

/// False: the client closed.
fn take_six(
    socket: &mut tungstenite::WebSocket<TcpStream>,
    received: &mut Vec<u64>,
) -> Result<bool, Box<dyn Error>> {
    for _ in 0..6 {
        let text = loop {
            match socket.read() {
                Ok(message) if message.is_text() => break message.into_text()?,
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        };
        let number = text
            .strip_prefix(r#"{"reading":"#)
            .and_then(|rest| rest.split_once(','))
            .ok_or("not a reading")?
            .0
            .parse()?;
        // One that comes again has been counted.
        if received.last().is_none_or(|last| number > *last) {
            received.push(number);
        }
        socket.send(format!("ack {number}").into())?;
    }
    Ok(true)
}
