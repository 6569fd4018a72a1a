//! Drives a fuzzing server of the Autobahn test suite: runs its cases, echoes
//! what they send and asks for the report.
//!
//! ```text
//! autobahn-client ws://127.0.0.1:9001 [--agent NAME] [--cases 1-301|1,5,7] [-v]
//! ```
//!
//! Many cases break the protocol on purpose. What the client makes of that is
//! for the server's report to judge, not for the exit status here, which
//! tells only whether the cases ran.

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use hybi_std::{Builder, Event, Message, WebSocket};

const USAGE: &str = "usage: autobahn-client URL [--agent NAME] [--cases 1-301|1,5,7] [-v]";

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments {
        url,
        agent,
        cases,
        verbose,
    } = Arguments::parse(env::args().skip(1))?;
    let cases = match cases {
        Some(cases) => cases,
        None => (1..=case_count(&url)?).collect(),
    };
    let started = Instant::now();
    let mut failed = 0;
    for (done, case) in (1..).zip(&cases) {
        let mut socket = builder(format!("{url}/runCase?case={case}&agent={agent}")).connect()?;
        if let Err(error) = echo(&mut socket) {
            failed += 1;
            if verbose {
                println!("case {case}: {error}");
            }
        }
        if done % 50 == 0 || done == cases.len() {
            let seconds = started.elapsed().as_secs_f32();
            println!("{done} of {} cases, {seconds:.1} s", cases.len());
        }
    }
    // The server writes its report and ends the connection: Autobahn with a
    // closing handshake, kosoku without.
    let mut socket = builder(format!("{url}/updateReports?agent={agent}")).connect()?;
    match echo(&mut socket) {
        Ok(()) | Err(hybi_std::Error::Lost) => {}
        Err(error) => return Err(error.into()),
    }
    let seconds = started.elapsed().as_secs_f32();
    println!(
        "{} cases in {seconds:.1} s, {failed} of them ended with an error",
        cases.len()
    );
    Ok(())
}

/// Sends every message back until the connection closes.
fn echo(socket: &mut WebSocket) -> Result<(), hybi_std::Error> {
    // An event borrows the socket, so an echo needs a copy; it is made in
    // memory that is kept from message to message.
    let (mut text, mut data) = (String::new(), Vec::new());
    loop {
        match socket.receive()? {
            Event::Text(received) => {
                text.clear();
                text.push_str(received);
                socket.send_text(&text)?;
            }
            Event::Binary(received) => {
                data.clear();
                data.extend_from_slice(received);
                socket.send_binary(&data)?;
            }
            Event::Closed(_) => return Ok(()),
            _ => {}
        }
    }
}

fn builder(url: String) -> Builder {
    // The largest messages of the suite, in cases 9.1.6 and 9.2.6.
    hybi_std::builder(url)
        .max_message_size(16 << 20)
        .max_frame_size(16 << 20)
        .idle_timeout(Duration::from_secs(60))
}

fn case_count(url: &str) -> Result<usize, Box<dyn Error>> {
    let mut socket = builder(format!("{url}/getCaseCount")).connect()?;
    match socket.receive_message()? {
        Message::Text(count) => Ok(count.parse()?),
        other => Err(format!("no number of cases but {other:?}").into()),
    }
}

struct Arguments {
    url: String,
    agent: String,
    /// `None`: all there are.
    cases: Option<Vec<usize>>,
    /// Tell the error of each case that ends with one.
    verbose: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (mut url, mut agent, mut cases) = (None, "hybi-std".to_owned(), None);
        let mut verbose = false;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--agent" => agent = words.next().ok_or(USAGE)?,
                "--cases" => cases = Some(parse_cases(&words.next().ok_or(USAGE)?)?),
                "-v" => verbose = true,
                _ if word.starts_with('-') || url.is_some() => return Err(USAGE.into()),
                _ => url = Some(word.trim_end_matches('/').to_owned()),
            }
        }
        let url = url.ok_or(USAGE)?;
        Ok(Self {
            url,
            agent,
            cases,
            verbose,
        })
    }
}

/// `1-7,9` as numbers.
fn parse_cases(list: &str) -> Result<Vec<usize>, Box<dyn Error>> {
    let mut cases = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cases.extend(first.parse()?..=last.parse::<usize>()?);
    }
    Ok(cases)
}
