//! The suite that no one here wrote: Autobahn's fuzzing client, where it is installed.
//!
//! `PULSAR_WSTEST` is the command that runs it, `wstest` if it is not set. Where there is none this says so and does nothing; the cases
//! are those of `conformance`, written anew.

use std::process::Command;

use pulsar::ws::Options;

use crate::server::echo;

#[pulsar::test(timeout = "15m")]
async fn the_fuzzing_client_finds_nothing() {
    let command = std::env::var("PULSAR_WSTEST").unwrap_or("wstest".into());
    let mut words = command.split(' ');
    let program = words.next().unwrap_or_default().to_string();
    let words: Vec<_> = words.map(str::to_string).collect();
    let helps = Command::new(&program).args(&words).arg("--help").output();
    if !helps.is_ok_and(|output| output.status.success()) {
        println!("skipped: Autobahn's test suite is not installed (PULSAR_WSTEST is the command that runs it)");
        return;
    }
    let address = echo(Options::new().max_message(64 << 20).write_buffer(64 << 20)).await;
    let folder = tempfile::tempdir().unwrap();
    let specification = folder.path().join("fuzzingclient.json");
    let text = format!(
        r#"{{"outdir": "{}", "servers": [{{"agent": "pulsar", "url": "ws://{address}"}}],
            "cases": ["*"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {{}}}}"#,
        folder.path().display()
    );
    std::fs::write(&specification, text).unwrap();
    let ran = tokio::task::spawn_blocking(move || {
        Command::new(&program).args(&words).args(["-m", "fuzzingclient", "-s"]).arg(&specification).output()
    });
    let output = ran.await.unwrap().unwrap();
    let index = std::fs::read_to_string(folder.path().join("index.json"));
    let index = index.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let behaviors: Vec<_> = index.lines().filter(|line| line.contains("\"behavior\":")).map(str::trim).collect();
    let wrong: Vec<_> = behaviors
        .iter()
        .filter(|line| !["OK", "INFORMATIONAL", "NON-STRICT"].iter().any(|good| line.contains(good)))
        .collect();
    let strict = behaviors.iter().filter(|line| line.contains("\"OK\"")).count();
    println!("{} cases, {strict} of them OK, {} FAILED", behaviors.len(), wrong.len());
    assert!(behaviors.len() > 240 && wrong.is_empty(), "{index}");
}
