//! A person at a terminal.

use std::{io::Write, sync::mpsc, time::Instant};

use crate::{
    program::{answer_close, frame},
    reconnect::{lose, open, serve_turns},
    support::{millis, read_frame, serve_echo, serve_raw},
    terminal::Terminal,
};

#[test]
fn lines_commands_and_history() {
    let (url, server) = serve_echo();
    let mut terminal = Terminal::open("prompt", &[&url]);
    terminal.look_for("> ");
    terminal.type_in("hellx\x7fo\r");
    terminal.look_for("\x1b[J< hello\r\n> ");
    terminal.type_in("\x1b[A, again\r");
    terminal.look_for("\x1b[J< hello, again\r\n> ");
    terminal.type_in("\x1b[200~two\rlines\x1b[201~\r");
    terminal.look_for("\x1b[J< two\r\n  lines\r\n> ");
    terminal.type_in("/ping p\r/nothing\r//x\r");
    terminal.look_for("there is no command /nothing");
    terminal.look_for("< /x");
    terminal.type_in("/close 4000 so long\r");
    terminal.look_for("closed: 4000 (unregistered), so long\r\n");
    let (status, history) = terminal.finish();
    assert_eq!(status, Some(7));
    let lines: Vec<_> = history.lines().collect();
    assert_eq!(lines[..3], ["hello", "hello, again", "two\\nlines"]);
    server.join().unwrap();
}

#[test]
fn the_end_of_input_and_ctrl_c_close() {
    for key in ["\x04", "\x03"] {
        let (url, server) = serve_raw(|mut stream| answer_close(&mut stream));
        let mut terminal = Terminal::open(&format!("end-{}", key.as_bytes()[0]), &[&url]);
        terminal.look_for("> ");
        terminal.type_in(key);
        terminal.look_for("closed: 1000 (normal closure)\r\n");
        assert_eq!(terminal.finish().0, Some(0));
        assert_eq!(server.join().unwrap(), Some(1000));
    }
}

#[test]
fn a_second_ctrl_c_drops() {
    let (url, server) = serve_raw(|mut stream| {
        assert_eq!(read_frame(&mut stream).0, 8);
        crate::support::read_to_end(&mut stream);
    });
    let mut terminal = Terminal::open("twice", &[&url]);
    terminal.look_for("> ");
    let begin = Instant::now();
    terminal.type_in("typed\x03\x03");
    terminal.look_for("hybi: interrupted\r\n");
    assert_eq!(terminal.finish().0, Some(1));
    assert!(begin.elapsed() < millis(2000));
    drop(server);
}

#[test]
fn the_prompt_stays_below_what_arrives() {
    let (go, wait) = mpsc::channel::<()>();
    let (url, server) = serve_raw(move |mut stream| {
        wait.recv().unwrap();
        stream.write_all(b"\x81\x05hello").unwrap();
        let line = read_frame(&mut stream);
        stream.write_all(b"\x88\x00").unwrap();
        answer_close(&mut stream);
        line
    });
    let mut terminal = Terminal::open("below", &[&url]);
    terminal.look_for("> ");
    terminal.type_in("half a li");
    terminal.look_for("> half a li");
    go.send(()).unwrap();
    terminal.look_for("\r\x1b[J< hello\r\n> half a li");
    terminal.type_in("ne\r");
    terminal.look_for("closed by the peer\r\n");
    assert_eq!(terminal.finish().0, Some(0));
    assert_eq!(server.join().unwrap(), (1, b"half a line".to_vec()));
}

#[test]
fn json_is_laid_out() {
    let (url, server) = serve_raw(|mut stream| {
        let json = br#"{"b":[1.50,"x"],"a":null}"#;
        stream.write_all(&frame(0x81, json)).unwrap();
        stream.write_all(&frame(0x81, b"{not json}")).unwrap();
        answer_close(&mut stream);
    });
    let mut terminal = Terminal::open("json", &[&url]);
    let lines = [
        "< {",
        "    \"b\": [",
        "      1.50,",
        "      \"x\"",
        "    ],",
        "    \"a\": null",
        "  }",
    ];
    terminal.look_for(&lines.join("\r\n"));
    terminal.look_for("< {not json}\r\n");
    terminal.type_in("/quit\r");
    assert_eq!(terminal.finish().0, Some(0));
    server.join().unwrap();

    for option in ["--raw", "--json"] {
        let (url, server) = serve_raw(|mut stream| {
            stream.write_all(&frame(0x81, b"{\"a\":1}")).unwrap();
            stream.write_all(&[0x88, 0]).unwrap();
            answer_close(&mut stream);
        });
        let mut terminal = Terminal::open(option, &[option, &url]);
        terminal.look_for(match option {
            "--raw" => "{\"a\":1}\r\n",
            _ => r#"{"event":"text","data":"{\"a\":1}"}"#,
        });
        assert_eq!(terminal.finish().0, Some(0));
        server.join().unwrap();
    }
}

#[test]
fn commands_search_and_completion() {
    let (url, server) = serve_echo();
    let mut terminal = Terminal::open("commands", &[&url]);
    terminal.look_for("> ");
    terminal.type_in("/bi\t00ff\r");
    terminal.look_for("< binary, 2 bytes: 00ff\r\n");
    terminal.type_in("/binary @/no/such/file\r");
    terminal.look_for("/binary: /no/such/file: No such file");
    terminal.type_in("something\rother\r");
    terminal.look_for("< other\r\n");
    terminal.type_in("\x12som");
    terminal.look_for("search: som > something");
    terminal.type_in("\r");
    terminal.look_for("< something\r\n");
    terminal.type_in("/help\r");
    terminal.look_for("/binary HEX|@FILE");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish().0, Some(0));
    server.join().unwrap();
}

#[test]
fn lines_wait_for_the_next_connection() {
    let (url, server) = serve_turns(vec![
        lose(),
        open(|mut stream| {
            assert_eq!(read_frame(&mut stream), (1, b"later".to_vec()));
            answer_close(&mut stream);
        }),
    ]);
    let arguments = ["--reconnect", "--backoff", "0.5..0.5", &url];
    let mut terminal = Terminal::open("waits", &arguments);
    terminal.look_for("; attempt 1 in 0.5 s\r\n");
    terminal.look_for("> ");
    terminal.type_in("later\r");
    terminal.look_for("There is no connection; it is sent on the next.\r\n");
    terminal.look_for("connected to ");
    terminal.type_in("/quit\r");
    assert_eq!(terminal.finish().0, Some(0));
    server.join().unwrap();

    // Neither a command nor Ctrl-C has to wait for it.
    for (keys, last) in [
        ("/quit\r", "hybi: "),
        ("\x04", "hybi: "),
        ("\x03", "hybi: interrupted"),
    ] {
        let (url, server) = serve_turns(vec![lose()]);
        let begin = Instant::now();
        let arguments = ["--reconnect", "--backoff", "20..20", &url];
        let mut terminal = Terminal::open(&format!("no-{}", keys.as_bytes()[0]), &arguments);
        terminal.look_for("; attempt 1 in 20.0 s\r\n");
        terminal.look_for("> ");
        terminal.type_in(keys);
        terminal.look_for(last);
        assert_eq!(terminal.finish().0, Some(1));
        assert!(begin.elapsed() < millis(5000));
        server.join().unwrap();
    }
}
