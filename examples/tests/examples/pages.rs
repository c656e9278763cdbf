//! The pages of the examples, in a real browser: driven by the scripts in `pages`. Skipped, and said to be, where there is no Node.js,
//! no playwright-core or no Chromium: see CONTRIBUTING.md.

use std::{path::Path, process::Command};

use crate::{run::run, served::Served};

/// What a script exits with where something is not installed.
const SKIPPED: i32 = 77;

/// Runs a script of `pages` with these arguments.
fn drive(script: &str, arguments: &[String]) {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    if Command::new("node").arg("--version").output().is_err() {
        println!("SKIPPED {script}: node is not installed");
        return;
    }
    let outcome = run(Command::new("node").current_dir(scripts).arg(script).args(arguments));
    if outcome.status.code() == Some(SKIPPED) {
        println!("SKIPPED {script}: {}", outcome.stdout.trim());
        return;
    }
    assert!(outcome.status.success(), "{outcome:?}");
}

#[test]
fn people_chat() {
    let chat = Served::start(env!("CARGO_BIN_EXE_chat"), 2);
    drive("chat.mjs", &[format!("http://{}", chat.at)]);
}

#[test]
fn the_graph_is_drawn() {
    let graph = Served::start(env!("CARGO_BIN_EXE_graph"), 1);
    drive("graph.mjs", &[format!("http://{}", graph.at)]);
}
