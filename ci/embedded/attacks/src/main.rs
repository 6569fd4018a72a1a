//! `tls-attacks [--listen ADDRESS] ATTACK`: serves one connection after the
//! other as the attack says, and prints a line of JSON about each.
//!
//! `--list` prints the attacks, one a line: name, the fault that hybi-embedded
//! reports, `later` if it shows after the handshake only, `psk` if the client
//! must use the pre-shared key, what the server does; with tabs between.
//! `--make-root FILE` makes the root's certificate anew.

use std::{env, error::Error, fs, io::Write, net::TcpListener, process::ExitCode, time::Duration};

use tls_attacks::{ATTACKS, Attack, make_root, serve};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tls-attacks: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut listen = "127.0.0.1:0".to_owned();
    let mut attack = None;
    let mut out = std::io::stdout();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list" => return list(&mut out),
            "--listen" => listen = arguments.next().ok_or("--listen wants an address")?,
            "--make-root" => {
                let path = arguments.next().ok_or("--make-root wants a file")?;
                return Ok(fs::write(path, make_root()?)?);
            }
            name => attack = Some(Attack::named(name).ok_or("no such attack: see --list")?),
        }
    }
    let attack = attack.ok_or("which attack? See --list")?;
    let listener = TcpListener::bind(listen)?;
    writeln!(out, "listening on {}", listener.local_addr()?)?;
    out.flush()?;
    loop {
        let (stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        match serve(stream, attack) {
            Ok(report) => writeln!(
                out,
                r#"{{"attack":"{}","finished":{},"received":{},"close_notify":{}}}"#,
                attack.name, report.finished, report.received, report.close_notify
            )?,
            Err(error) => writeln!(out, r#"{{"attack":"{}","error":"{error}"}}"#, attack.name)?,
        }
        out.flush()?;
    }
}

fn list(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    for attack in ATTACKS {
        writeln!(
            out,
            "{}\t{}\t{}\t{}\t{}",
            attack.name,
            attack.fault.unwrap_or("-"),
            if attack.later { "later" } else { "-" },
            if attack.psk { "psk" } else { "-" },
            attack.what
        )?;
    }
    Ok(())
}
