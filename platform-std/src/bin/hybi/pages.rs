//! The man page and the completions of shells, made from the command line's
//! own definition.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::{args::Args, exit::Exit};

/// Prints what was asked for instead of connecting.
pub(crate) fn print(args: &Args) -> Option<Exit> {
    let page = if args.man {
        man()
    } else {
        let mut page = Vec::new();
        clap_complete::generate(args.completions?, &mut command(), "hybi", &mut page);
        Ok(page)
    };
    let printed = page.and_then(|page| io::stdout().lock().write_all(&page));
    Some(match printed {
        Ok(()) => Exit::Closed,
        Err(_) => Exit::Lost,
    })
}

/// There is nothing to do without a URL.
fn command() -> Command {
    let mut command = Args::command().mut_arg("url", |url| url.required(true));
    command.build();
    command
}

fn man() -> io::Result<Vec<u8>> {
    let man = Man::new(command()).section("1").manual("User Commands");
    let mut page = Vec::new();
    man.render(&mut page)?;
    Ok(page)
}
