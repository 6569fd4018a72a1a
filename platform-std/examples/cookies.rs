//! A cookie jar that outlives the program: prints the first message of a
//! server, and keeps its cookies in a file for the next time.
//!
//! ```text
//! cookies URL FILE
//! ```

use std::{env, error::Error, fs::File, io::ErrorKind};

use hybi_std::{CloseCode, CookieJar, Message, builder};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(url), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cookies URL FILE".into());
    };
    let jar = match File::open(&path) {
        Ok(file) => CookieJar::from_reader(file)?,
        Err(error) if error.kind() == ErrorKind::NotFound => CookieJar::new(),
        Err(error) => return Err(error.into()),
    };
    let mut socket = builder(url).cookie_jar(&jar).connect()?;
    if let Message::Text(text) = socket.receive_message()? {
        println!("{text}");
    }
    socket.close(CloseCode::NORMAL, "")?;
    jar.to_writer_with_session(&mut File::create(path)?)?;
    Ok(())
}
