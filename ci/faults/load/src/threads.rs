//! A thread for each connection, by the blocking API.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
    time::{Duration, Instant},
};

use hybi_std::{CloseCode, Compression, Message, WebSocket};

use crate::{Failure, Memory, Plan, report, text};

/// Two rounds of the test, each with all threads.
enum Step {
    Opened,
    Echoed,
}

pub(crate) fn run(plan: &Plan, name: &str) -> Result<(), Failure> {
    let before = Memory::now()?;
    let begin = Instant::now();
    let (steps, arrived) = mpsc::channel();
    let barriers = Arc::new([
        Barrier::new(plan.connections + 1),
        Barrier::new(plan.connections + 1),
    ]);
    let mut threads = Vec::with_capacity(plan.connections);
    for at in 0..plan.connections {
        let (plan, steps, barriers) = (plan.clone(), steps.clone(), Arc::clone(&barriers));
        let work = move || one(at, &plan, &steps, &barriers);
        // What a thread of its own needs at least is a matter of its stack.
        threads.push(thread::Builder::new().stack_size(128 * 1024).spawn(work)?);
    }
    drop(steps);
    let (mut opened, mut echoed) = (Vec::new(), Vec::new());
    while opened.len() < plan.connections {
        match arrived.recv_timeout(Duration::from_secs(60))?? {
            Step::Opened => opened.push(Instant::now()),
            Step::Echoed => return Err("one echoed before all were open".into()),
        }
    }
    let (now, idle) = (Instant::now(), Memory::now()?);
    barriers[0].wait();
    while echoed.len() < plan.connections {
        if let Step::Echoed = arrived.recv_timeout(Duration::from_secs(60))?? {
            echoed.push(Instant::now());
        }
    }
    let (echoing, used) = (now.elapsed(), Memory::now()?);
    barriers[1].wait();
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")?;
    }
    report(
        name,
        plan,
        now.duration_since(begin),
        echoing,
        &[before, idle, used],
    )
}

type Steps = mpsc::Sender<Result<Step, Failure>>;

fn one(at: usize, plan: &Plan, steps: &Steps, barriers: &[Barrier; 2]) {
    // Where the other side of the channel has gone, the test is over.
    let failed = |error: Failure| drop(steps.send(Err(error)));
    let builder = hybi_std::builder(&plan.url).compression(None::<Compression>);
    let mut socket = match builder.connect() {
        Ok(socket) => socket,
        Err(error) => return failed(error.into()),
    };
    let _ = steps.send(Ok(Step::Opened));
    barriers[0].wait();
    for n in 0..plan.messages {
        if let Err(error) = echo(&mut socket, &text(at, n)) {
            return failed(error);
        }
    }
    let _ = steps.send(Ok(Step::Echoed));
    barriers[1].wait();
    if let Err(error) = socket.close(CloseCode::NORMAL, "") {
        failed(error.into());
    }
}

fn echo(socket: &mut WebSocket, text: &str) -> Result<(), Failure> {
    socket.send_text(text)?;
    match socket.receive_message()? {
        Message::Text(back) if back == text => Ok(()),
        other => Err(format!("unexpected: {other:?}").into()),
    }
}
