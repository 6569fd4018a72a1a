//! A client made of handlers, with a thread that sends beside them.
//!
//! `std-app [URL]` says "tick 1" to "tick 5" and shows what comes back, until
//! the fifth answer. Without a URL it talks to an echo server of its own,
//! tungstenite on a loopback port, which loses the connection once on the
//! way. The exit status is 0 only if the connection was closed as planned.

use std::{
    env,
    error::Error,
    net::TcpListener,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use hybi_std::{
    App, CloseCode, Message, builder,
    reconnect::{Handle, Outcome},
};

const TICKS: usize = 5;

fn run(url: &str) -> Outcome {
    let begin = Instant::now();
    let mut answers = 0;
    let app = App::new(builder(url))
        .on_open(|_, opened| println!("open          {}", opened.url))
        .on_reconnect(|_, opened| println!("open again    attempt {}", opened.attempt))
        .on_message(|handle, message| {
            println!("received      {message:?} after {:.1?}", begin.elapsed());
            answers += usize::from(matches!(message, Message::Text(_)));
            if answers == TICKS {
                handle.close(CloseCode::NORMAL, "enough")?;
            }
            Ok::<_, hybi_std::Error>(())
        })
        .on_error(|_, error| println!("lost          {error}"))
        .on_close(|_, outcome| println!("over          {outcome}"));

    let handle = app.handle();
    let ticker = thread::spawn(move || tick(&handle));
    let outcome = app.run();
    let _ = ticker.join();
    outcome
}

/// Says something now and then. What cannot be sent now is sent later.
fn tick(handle: &Handle) {
    let mut number = 1;
    while !handle.is_over() {
        thread::sleep(Duration::from_millis(100));
        if handle.send_text(&format!("tick {number}")).is_ok() {
            number += 1;
        }
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let outcome = match env::args().nth(1) {
        Some(url) => run(&url),
        None => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let url = format!("ws://{}/", listener.local_addr()?);
            thread::spawn(move || {
                let _ = serve(&listener);
            });
            run(&url)
        }
    };
    Ok(match outcome {
        Outcome::Closed(closed) if closed.clean => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Sends every message back. The first connection ends after two of them.
fn serve(listener: &TcpListener) -> Result<(), Box<dyn Error>> {
    for most in [2, usize::MAX] {
        let mut socket = tungstenite::accept(listener.accept()?.0)?;
        let mut echoed = 0;
        while echoed < most {
            match socket.read() {
                Ok(message) if message.is_text() => {
                    socket.send(message)?;
                    echoed += 1;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
    }
    Ok(())
}
