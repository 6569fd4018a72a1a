//! `hybi`: the command line of the WebSocket client.
#![cfg_attr(
    not(unix),
    allow(dead_code, unused_variables, reason = "there is no line editor")
)]

mod args;
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod editor;
mod event;
mod exit;
mod human;
mod input;
mod interrupt;
mod logger;
mod output;
mod session;
mod settings;

use std::{
    io,
    process::ExitCode,
    sync::{Arc, mpsc::Receiver},
};

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use hybi_std::{ConnectError, Kind, Waker, WebSocket};

use crate::{
    args::Args,
    event::Event,
    exit::Exit,
    input::{Feed, Order, Source},
    interrupt::Interrupt,
    output::{Format, Output},
    session::{Session, State},
};

fn main() -> ExitCode {
    let parsed = Args::command()
        .try_get_matches()
        .and_then(|matches| Ok((Args::from_arg_matches(&matches)?, matches)));
    match parsed {
        Ok((args, matches)) => run(&args, &matches).into(),
        Err(error) => explain(&error).into(),
    }
}

/// Help, the version, or what is wrong with the command line.
fn explain(error: &clap::Error) -> Exit {
    // Nothing is to be done where nobody can be told.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Closed;
    }
    if std::env::args_os().any(|arg| arg == "--json") {
        let output = Output::new(Format::Json, false, false);
        let words = error.kind().to_string();
        output.last(&Event::error(Kind::Usage, words));
    }
    Exit::Usage
}

fn run(args: &Args, matches: &ArgMatches) -> Exit {
    let source = Source::find(args.format());
    let control_frames = args.verbose > 0 || !args.ping.is_empty() || source.is_person();
    let output = Arc::new(Output::new(args.format(), args.timings, control_frames));
    logger::start(args.verbose, &output);
    let prepared = args
        .builder()
        .and_then(|builder| Ok((builder, args.plan(matches, source)?)));
    let (builder, plan) = match prepared {
        Ok(prepared) => prepared,
        Err(unusable) => return refuse(&output, unusable.kind(), unusable.event()),
    };
    let interrupt = Interrupt::watch(&output);
    let opened = builder.connect().and_then(|socket| {
        let waker = socket.waker().map_err(ConnectError::Io)?;
        Ok((socket, waker))
    });
    let (socket, waker) = match opened {
        Ok(opened) => opened,
        Err(error) => return refuse(&output, error.kind(), Event::from(&error)),
    };
    interrupt.opened(waker.clone());
    if greet(&output, &socket).is_err() {
        return Exit::Lost;
    }
    let orders = read_input(source, waker, &output, &interrupt);
    Session {
        socket,
        plan,
        orders: Some(orders),
        output: &output,
        interrupt: &interrupt,
        state: State::default(),
    }
    .run()
}

/// Says why there is no connection.
fn refuse(output: &Output, kind: Kind, event: Event<'_>) -> Exit {
    if let (Kind::Usage, Format::Json, Event::Error { message, .. }) =
        (kind, output.format(), &event)
    {
        output.note(&format!("hybi: {message}"));
    }
    output.last(&event);
    Exit::of_error(kind)
}

fn greet(output: &Output, socket: &WebSocket) -> io::Result<()> {
    output.event(&Event::Connected {
        url: socket.url(),
        status: socket.response().status(),
        subprotocol: socket.subprotocol(),
        extensions: socket.extensions(),
        attempt: 0,
    })
}

/// Begins to read the input.
fn read_input(
    source: Source,
    waker: Waker,
    output: &Output,
    interrupt: &Arc<Interrupt>,
) -> Receiver<Order> {
    let (feed, orders) = Feed::new(waker);
    match source {
        Source::Nothing => {
            feed.send(Order::End);
        }
        Source::Lines => input::read_lines(feed),
        #[cfg(unix)]
        Source::Editor => {
            output.note("Each line is sent as a message; /help shows the commands.");
            match editor::start(feed.clone(), Arc::clone(interrupt)) {
                Ok(prompt) => output.set_prompt(prompt),
                Err(error) => {
                    log::debug!("no line editor: {error}");
                    input::read_lines(feed);
                }
            }
        }
    }
    orders
}
