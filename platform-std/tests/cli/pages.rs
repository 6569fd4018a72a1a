//! The man page and the completions in `docs` are those that the program
//! prints. To bring them up to date, run this with `UPDATE_PAGES=1`.

use std::{env, fs, path::Path};

use crate::program::{Stdin, run};

#[track_caller]
fn up_to_date(arguments: &[&str], path: &str) {
    let printed = run(arguments, Stdin::Null);
    assert_eq!(printed.status, Some(0), "{printed:?}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(path);
    if env::var_os("UPDATE_PAGES").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &printed.stdout).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == printed.stdout,
        "docs/{path} is not what `hybi {}` prints: run this test with UPDATE_PAGES=1",
        arguments.join(" ")
    );
}

#[test]
fn the_man_page() {
    up_to_date(&["--man"], "man/hybi.1");
}

#[test]
fn the_completions() {
    for (shell, file) in [
        ("bash", "hybi.bash"),
        ("elvish", "hybi.elv"),
        ("fish", "hybi.fish"),
        ("powershell", "_hybi.ps1"),
        ("zsh", "_hybi"),
    ] {
        up_to_date(&["--completions", shell], &format!("completions/{file}"));
    }
}

/// Every option has its place in the page for people.
#[test]
fn the_page_by_task() {
    let help = run(&["-h"], Stdin::Null).stdout;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let page = fs::read_to_string(page).unwrap();
    let mut options = 0;
    for word in help.split_ascii_whitespace() {
        let option = word.trim_end_matches(['.', ',']);
        let option = option.split('[').next().unwrap();
        if option.starts_with("--") && !matches!(option, "--help" | "--version" | "--verbose") {
            assert!(page.contains(option), "{option}");
            options += 1;
        }
    }
    assert!(options > 30, "{options}");
}

#[test]
fn they_stand_alone() {
    for arguments in [
        &["--man", "ws://127.0.0.1:1/"][..],
        &["--completions", "bash", "--json"],
        &["--completions", "no-such-shell"],
        &["--completions"],
    ] {
        assert_eq!(run(arguments, Stdin::Null).status, Some(2), "{arguments:?}");
    }
}
