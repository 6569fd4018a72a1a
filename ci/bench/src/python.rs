//! Python's clients over the same sockets: a script measures them, against
//! this program's server.

use std::{
    io,
    path::Path,
    process::{Command, Stdio},
};

use crate::{options::Options, over_sockets::Server, record::Records, stats::Figure};

/// `interpreter` has the packages that the script needs.
pub fn run(options: &Options) -> io::Result<Records> {
    let interpreter = options.python.as_deref();
    let interpreter =
        interpreter.ok_or_else(|| io::Error::other("--python names the interpreter"))?;
    let server = Server::start()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients.py");
    let port = server.target(String::new(), false).port;
    let mut command = Command::new(interpreter);
    command.arg(script).arg(port.to_string());
    if options.quick {
        command.arg("--quick");
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!(
            "{interpreter}: {}",
            output.status
        )));
    }
    let mut records = Records::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let [row, peer, metric, median, low, high] = fields[..] else {
            return Err(io::Error::other(line.to_owned()));
        };
        let parse = |field: &str| field.parse::<f64>().map_err(io::Error::other);
        let figure = Figure {
            median: parse(median)?,
            low: parse(low)?,
            high: parse(high)?,
        };
        records.figure(row, peer, metric, Some(figure));
    }
    Ok(records)
}
