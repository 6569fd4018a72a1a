//! The man page and the completions of shells, made from the command line's
//! own definition.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::{
    Man,
    roff::{Roff, bold, italic, roman},
};

use crate::{args::Args, exit::Exit};

/// What the exit statuses mean.
const EXITS: [(&str, &str); 8] = [
    (
        "0",
        "The closing handshake was completed with 1000, 1001 or no code.",
    ),
    ("1", "The connection was lost, or there was an I/O error."),
    ("2", "The command line or the URL cannot be used."),
    (
        "3",
        "The opening handshake, a redirect or a proxy was refused.",
    ),
    ("4", "TLS failed."),
    ("5", "The peer broke the protocol."),
    ("6", "A deadline passed."),
    ("7", "The peer closed with another code."),
];

const COMMANDS: [(&str, &str); 6] = [
    ("/binary HEX|@FILE", "Send a binary message."),
    ("/ping [PAYLOAD]", "Send a ping."),
    ("/close [CODE] [REASON]", "Close with this code and reason."),
    ("/quit", "Close, as Ctrl-D and Ctrl-C do."),
    ("/help", "List the commands."),
    ("//TEXT", "Send TEXT with one slash before it."),
];

/// Prints what was asked for instead of connecting.
pub(crate) fn print(args: &Args) -> Option<Exit> {
    let page = if args.man {
        man()
    } else {
        let mut page = Vec::new();
        clap_complete::generate(args.completions?, &mut Args::command(), "hybi", &mut page);
        Ok(page)
    };
    let printed = page.and_then(|page| io::stdout().lock().write_all(&page));
    Some(match printed {
        Ok(()) => Exit::Closed,
        Err(_) => Exit::Lost,
    })
}

fn man() -> io::Result<Vec<u8>> {
    let man = Man::new(Args::command())
        .section("1")
        .manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([
        bold("hybi"),
        roman(" ["),
        italic("OPTIONS"),
        roman("] "),
        italic("URL"),
    ]);
    roff.to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;

    let mut roff = Roff::new();
    roff.control("SH", ["AT A TERMINAL"]);
    roff.text([roman(
        "Each line is sent as a text message, a pasted text as one. \
         Arrow keys go through the history, Ctrl-R searches it, Tab completes a command:",
    )]);
    list(&mut roff, &COMMANDS);
    roff.control("SH", ["EXIT STATUS"]);
    list(&mut roff, &EXITS);
    roff.control("SH", ["FILES"]);
    list(
        &mut roff,
        &[(
            "$XDG_STATE_HOME/hybi/history",
            "The lines of earlier runs; without the variable, below ~/.local/state.",
        )],
    );
    roff.to_writer(&mut page)?;
    Ok(page)
}

fn list(roff: &mut Roff, entries: &[(&str, &str)]) {
    for (name, meaning) in entries {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
}
