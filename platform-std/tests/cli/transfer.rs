//! Large messages: little memory, and how far they are.

use std::{
    fs,
    io::{Read, Write},
    path::PathBuf,
    thread,
};

use crate::{
    program::{Stdin, answer_close, close_frame, json, spawn},
    support::{millis, read_frame, serve_raw},
    terminal::Terminal,
};

/// A file of so many bytes.
struct Large(PathBuf);

impl Large {
    fn new(name: &str, size: usize) -> Self {
        let path = std::env::temp_dir().join(format!("hybi-{name}-{}", std::process::id()));
        let bytes: Vec<u8> = (0..=250).cycle().take(size).collect();
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn argument(&self) -> String {
        format!("@{}", self.0.display())
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Reads a message in any number of frames: how many of them, and how many
/// bytes. Each is what [`Large`] has at that place.
fn read_large(stream: &mut impl Read) -> (usize, usize) {
    let (mut frames, mut size) = (0, 0);
    loop {
        let mut head = [0; 2];
        stream.read_exact(&mut head).unwrap();
        let opcode = if frames == 0 { 2 } else { 0 };
        assert_eq!(head[0] & 0x7f, opcode);
        let mut len = usize::from(head[1] & 0x7f);
        let extended = match len {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if extended > 0 {
            let mut bytes = [0; 8];
            stream.read_exact(&mut bytes[8 - extended..]).unwrap();
            len = u64::from_be_bytes(bytes).try_into().unwrap();
        }
        let mut key = [0; 4];
        stream.read_exact(&mut key).unwrap();
        let mut payload = vec![0; len];
        stream.read_exact(&mut payload).unwrap();
        // Some of them; a debug build is slow.
        for (n, byte) in payload.iter().enumerate().step_by(101) {
            assert_eq!(usize::from(byte ^ key[n % 4]), (size + n) % 251);
        }
        frames += 1;
        size += len;
        if head[0] & 0x80 != 0 {
            return (frames, size);
        }
    }
}

/// 64 MiB go through a fraction of that. The peak is asked for while the
/// program still runs.
#[test]
fn a_file_is_sent_from_the_disk() {
    const SIZE: usize = 64 << 20;
    let file = Large::new("64m", SIZE);
    let (sender, sent) = std::sync::mpsc::channel();
    let (measured, go_on) = std::sync::mpsc::channel::<()>();
    let (url, server) = serve_raw(move |mut stream| {
        sender.send(read_large(&mut stream)).unwrap();
        go_on.recv().unwrap();
        stream.write_all(&close_frame(1000, "")).unwrap();
        answer_close(&mut stream);
    });
    let child = spawn(&["--json", "-b", &file.argument(), &url], Stdin::Null);
    let (frames, size) = sent.recv().unwrap();
    assert_eq!(size, SIZE);
    assert!(frames > 16, "{frames}");
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak: u32 = peak
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    assert!(peak < 40 << 10, "{peak} kB");
    measured.send(()).unwrap();
    let run = crate::program::finish(child);
    assert_eq!((run.status, &*run.stderr), (Some(0), ""));
    server.join().unwrap();
}

#[test]
fn a_small_file_is_one_frame() {
    let file = Large::new("small", 200_000);
    let (url, server) = serve_raw(|mut stream| {
        let read = read_large(&mut stream);
        stream.write_all(&close_frame(1000, "")).unwrap();
        answer_close(&mut stream);
        read
    });
    let run = json(&["-b", &file.argument(), &url]);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(server.join().unwrap(), (1, 200_000));
}

/// Messages keep their order, and none gets into a file.
#[test]
fn what_follows_a_file_waits_for_it() {
    let file = Large::new("order", 1 << 20);
    let (url, server) = serve_raw(|mut stream| {
        assert_eq!(read_frame(&mut stream), (1, b"before".to_vec()));
        assert_eq!(read_large(&mut stream).1, 1 << 20);
        assert_eq!(read_frame(&mut stream), (1, b"after".to_vec()));
        assert_eq!(read_frame(&mut stream), (1, b"line".to_vec()));
        answer_close(&mut stream);
    });
    let argument = file.argument();
    let arguments = [
        "--json", "-t", "before", "-b", &argument, "-t", "after", &url,
    ];
    let run = crate::program::run(&arguments, Stdin::Pipe(b"line\n"));
    assert_eq!(run.status, Some(0), "{run:?}");
    server.join().unwrap();
}

#[test]
fn a_file_that_cannot_be_read_on() {
    // A directory opens like a file.
    json(&["-b", "@/", "ws://127.0.0.1:1/"]).expect_error(2, "usage", None);
}

/// Slowly, so that there is something to wait for.
#[test]
fn sending_shows_how_far_it_is() {
    let file = Large::new("progress", 24 << 20);
    let (url, server) = serve_raw(|mut stream| {
        thread::sleep(millis(600));
        assert_eq!(read_large(&mut stream).1, 24 << 20);
        answer_close(&mut stream);
    });
    let mut terminal = Terminal::open("sending", &[&url]);
    terminal.look_for("> ");
    terminal.type_in(&format!("/binary {}\r", file.argument()));
    terminal.look_for("sending hybi-progress");
    terminal.look_for(" MiB of 24.0 MiB, ");
    terminal.look_for(" s left\r\n> ");
    terminal.look_for("sent hybi-progress");
    terminal.look_for(": 24.0 MiB in ");
    terminal.type_in("/quit\r");
    assert_eq!(terminal.finish().0, Some(0));
    server.join().unwrap();
}

/// A slow file does not hold up the end.
#[test]
fn sending_is_given_up_for_a_close() {
    let file = Large::new("given-up", 24 << 20);
    let (url, server) = serve_raw(|mut stream| {
        let mut bytes = vec![0; 256 << 10];
        let mut size = 0;
        while let Ok(n @ 1..) = stream.read(&mut bytes) {
            size += n;
            // A Close frame alone: its six bytes come last.
            if n < 20 {
                break;
            }
            thread::sleep(millis(20));
        }
        size
    });
    let arguments = ["--close-timeout", "0.5", &url];
    let mut terminal = Terminal::open("given-up", &arguments);
    terminal.look_for("> ");
    terminal.type_in(&format!("/binary {}\r", file.argument()));
    terminal.look_for("sending hybi-given-up");
    terminal.type_in("/close\r");
    terminal.look_for("closed: ");
    assert_eq!(terminal.finish().0, Some(6));
    assert!(server.join().unwrap() < 24 << 20);
}

#[test]
fn receiving_shows_how_far_it_is() {
    let (url, server) = serve_raw(|mut stream| {
        let size = 4_u64 << 20;
        stream
            .write_all(&[&[0x82, 127], &size.to_be_bytes()[..]].concat())
            .unwrap();
        for _ in 0..8 {
            stream.write_all(&[7; 512 << 10]).unwrap();
            thread::sleep(millis(80));
        }
        answer_close(&mut stream);
    });
    let mut terminal = Terminal::open("receiving", &[&url]);
    terminal.look_for("receiving a message: ");
    terminal.look_for(" MiB/s");
    terminal.look_for("< binary, 4194304 bytes: 0707");
    terminal.type_in("/quit\r");
    assert_eq!(terminal.finish().0, Some(0));
    server.join().unwrap();
}
