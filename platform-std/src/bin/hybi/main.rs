//! `hybi`: the command line of the WebSocket client.
#![cfg_attr(
    not(unix),
    allow(dead_code, unused_variables, reason = "there is no line editor")
)]

mod args;
mod client;
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod editor;
mod end;
mod event;
mod exit;
mod human;
mod incoming;
mod input;
#[cfg_attr(target_os = "wasi", path = "interrupt_none.rs")]
mod interrupt;
mod logger;
mod outgoing;
mod output;
#[cfg(not(target_os = "wasi"))]
mod pages;
mod pretty;
mod progress;
mod session;
mod settings;
mod talk;

use std::{process::ExitCode, sync::Arc};

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use hybi_std::Kind;

use crate::{
    args::Args,
    client::Client,
    event::Event,
    exit::Exit,
    input::Source,
    output::{Format, Output},
};

fn main() -> ExitCode {
    let parsed = Args::command()
        .try_get_matches()
        .and_then(|matches| Ok((Args::from_arg_matches(&matches)?, matches)));
    match parsed {
        Ok((args, matches)) => {
            #[cfg(not(target_os = "wasi"))]
            if let Some(exit) = pages::print(&args) {
                return exit.into();
            }
            run(&args, &matches).into()
        }
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
    let prepared = args.builder().and_then(|builder| {
        let builder = builder.delivery(output.delivery());
        Ok((builder, args.plan(matches, source)?, args.policy()?))
    });
    let (builder, plan, policy) = match prepared {
        Ok(prepared) => prepared,
        Err(unusable) => {
            let exit = Exit::of_error(unusable.kind());
            let event = unusable.event();
            client::say_usage(&output, &event);
            output.last(&event);
            return exit;
        }
    };
    match Client::new(builder, plan, source, policy, &output) {
        Ok(client) => client.run(),
        Err(error) => {
            output.last(&Event::error(Kind::Io, error.to_string()));
            Exit::Lost
        }
    }
}
