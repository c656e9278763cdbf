//! Settings: where they come from, which comes first, and what is said of a wrong one.

use std::process::Command;

use pulsar_tests::proc::{Signal, hears_hangups};
use pulsar_tests::served::{Served, get};
use pulsar_tests::{SOON, until_blocking};

use super::servant;

#[track_caller]
fn said(command: &mut Command) -> (Option<i32>, String) {
    let mut served = Served::start(command);
    let (status, said) = served.wait();
    (status.code(), said)
}

#[test]
fn help_shows_all_settings() {
    let (code, help) = said(&mut servant(&["--help"]));
    assert_eq!(code, Some(0), "{help}");
    for what in [
        "Serves what tests ask for.",
        "-b, --bind <PLACE,..>",
        "[default: 127.0.0.1:0]",
        "-w, --workers <N>",
        "--keep-alive",
        "-t, --timeout",
        "--max-requests",
        "--completions",
    ] {
        assert!(help.contains(what), "{what}: {help}");
    }
    assert!(!help.contains("hook:"), "nothing has begun: {help}");
    let (code, script) = said(&mut servant(&["--completions", "bash"]));
    assert_eq!(code, Some(0));
    assert!(script.contains("--max-requests"), "{script}");
}

#[test]
fn what_is_wrong_is_said_with_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("servant.toml");
    let path = file.to_str().unwrap();
    let wrong = |text: &str, command: &mut Command, says: &str| {
        std::fs::write(&file, text).unwrap();
        let (code, said) = said(command);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(says), "`{says}` in {said}");
        assert!(!said.contains("hook:"), "nothing has begun: {said}");
    };
    wrong("", &mut servant(&["--worker", "2"]), "--workers");
    wrong(
        "",
        &mut servant(&["-w", "many"]),
        "the setting `workers`, on the command line as --workers: `many` is not a whole number from 0 to 4096",
    );
    wrong(
        "",
        servant(&[]).env("PULSAR_TIMEOUT", "soon"),
        "the setting `timeout`, in the environment as PULSAR_TIMEOUT: `soon` is no time",
    );
    wrong(
        "bind = \"8060\"",
        &mut servant(&["-c", path]),
        &format!(
            "the setting `bind`, in the file {path}: `8060` is no place to listen at: write host:port, unix:/path or fd:name"
        ),
    );
    wrong("wokers = 1", &mut servant(&["-c", path]), "there is no setting `wokers`");
    wrong("", &mut servant(&["-c", "/nowhere/servant.toml"]), "the configuration file /nowhere/servant.toml");
    wrong("", &mut servant(&["--cert-file", "a.pem"]), "the setting `cert_file` needs `key_file`");
    wrong("", &mut servant(&["--log-level", "pulsar=loud"]), "the setting `log_level`");
}

#[test]
fn each_source_comes_before_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("servant.toml");
    std::fs::write(&file, "workers = 2\nprocess_name = \"of-the-file\"\nlog_level = \"info\"\n").unwrap();
    let path = file.to_str().unwrap();
    let mut command = servant(&["-c", path, "-w", "1"]);
    command.env("PULSAR_WORKERS", "3").env("PULSAR_PROCESS_NAME", "of-the-environment");
    let served = Served::start(&mut command);
    served.ready("http://");
    // The command line says how many, the environment what they are called.
    assert_eq!(served.workers("of-the-environment").len(), 1, "{}", served.log());
}

#[test]
fn a_reload_reads_the_file_again() {
    if !hears_hangups() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("servant.toml");
    std::fs::write(&file, "request_id = false\n").unwrap();
    let served = Served::start(&mut servant(&["-c", file.to_str().unwrap()]));
    let address = served.ready("http://");
    assert_eq!(get(&address, "/").unwrap().header("x-request-id"), None);
    std::fs::write(&file, "request_id = true\n").unwrap();
    served.signal(Signal::HUP);
    until_blocking("requests have ids", SOON, || {
        get(&address, "/").is_ok_and(|it| it.header("x-request-id").is_some())
    });
    // A file that is wrong changes nothing.
    std::fs::write(&file, "request_id = \"perhaps\"\n").unwrap();
    served.signal(Signal::HUP);
    served.says("has undone");
    assert!(get(&address, "/").unwrap().header("x-request-id").is_some());
}

#[test]
fn a_changed_file_reloads_by_itself() {
    if !hears_hangups() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("servant.toml");
    std::fs::write(&file, "").unwrap();
    let served = Served::start(&mut servant(&["--reload", "-c", file.to_str().unwrap()]));
    let address = served.ready("http://");
    let before = get(&address, "/pid").unwrap().body;
    std::fs::write(&file, "request_id = true\n").unwrap();
    until_blocking("another worker answers", SOON, || get(&address, "/pid").is_ok_and(|it| it.body != before));
    served.says("has changed: reloading");
}

#[test]
fn several_applications_have_settings_of_their_own() {
    let mut command = servant(&["-w1", "--echo-workers", "2", "--echo-bind", "127.0.0.1:0"]);
    let served = Served::start(command.env("SERVANT", "several"));
    let (site, echo) = (served.ready("http://"), served.ready("tcp://"));
    assert_eq!(get(&site, "/").unwrap().body, "hello\n");
    assert_eq!((served.workers("servant").len(), served.workers("echo").len()), (1, 2));
    let mut stream = std::net::TcpStream::connect(echo).unwrap();
    let mut prompt = [0; 2];
    std::io::Read::read_exact(&mut stream, &mut prompt).unwrap();
    assert_eq!(&prompt, b"> ");
    drop(stream);
    assert!(served.stop().0.success());
    let (code, said) = said(servant(&["--rpc-bind", ":0"]).env("SERVANT", "several"));
    assert_eq!(code, Some(2), "{said}");
}
