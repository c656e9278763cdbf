//! The `site` lives through what is done to it, and says so.

use std::process::Command;

use crate::run::{feed, run};

fn site() -> Command {
    Command::new(env!("CARGO_BIN_EXE_site"))
}

/// The line of the table that begins with this name, whatever is drawn before it.
fn row<'a>(stdout: &'a str, name: &str) -> Vec<&'a str> {
    let words =
        |line: &'a str| line.trim_start_matches(['│', '├', '└', '─', ' ']).split_whitespace().collect::<Vec<_>>();
    let table = stdout.lines().skip_while(|line| !line.starts_with("NAME"));
    table.map(words).find(|row| row.first() == Some(&name)).unwrap_or_else(|| panic!("no {name} in {stdout}"))
}

#[test]
fn it_shows_the_tree_and_parks_what_fails() {
    let stdout = run(site().args(["--for", "4s"])).clean();
    for line in ["gave up site.importer", "site is ready"] {
        assert!(stdout.contains(line), "{line}: {stdout}");
    }
    assert_eq!(row(&stdout, "site")[1..3], ["one_for_one", "running"]);
    assert_eq!(row(&stdout, "memory")[1], "one_for_all");
    assert_eq!(row(&stdout, "mail")[1], "rest_for_one");
    assert_eq!(row(&stdout, "web")[1..5], ["pool", "of", "3", "running"]);
    assert_eq!(row(&stdout, "importer")[1..3], ["thread", "parked"]);
    assert_eq!(row(&stdout, "clock")[1..3], ["task", "running"]);
}

#[test]
fn who_is_killed_comes_back_with_those_that_need_it() {
    let kills = ["site.memory.cache", "site.mail.queue", "site.web.2", "site.clock"];
    let mut arguments = vec!["--for", "5"];
    kills.iter().for_each(|name| arguments.extend(["--kill", name]));
    let stdout = run(site().args(arguments)).clean();
    for again in
        ["site.memory.cache", "site.memory.store", "site.mail.queue", "site.mail.sender", "site.web.2", "site.clock"]
    {
        assert!(stdout.contains(&format!("{again} is started: incarnation 2")), "{again}: {stdout}");
    }
    for never in ["site.web.1", "site.web.3"] {
        assert!(!stdout.contains(&format!("{never} is started: incarnation 2")), "{never}: {stdout}");
    }
    assert_eq!(row(&stdout, "sender")[1..3], ["process", "running"]);
}

#[test]
fn it_takes_commands() {
    let orders = b"hello\nkill site.nobody\nkill clock\nscale 0\nscale 4\nstop mail.sender\nstop mail.nobody\nquit\n";
    let stdout = feed(&mut site(), orders).clean();
    for said in [
        "`hello`? Commands are",
        "there is no actor `site.nobody`",
        "clock panicked: site.clock crashed, as asked",
        "`workers` must be at least 1",
        "web is to have 4 workers",
        "mail.sender is stopped",
        "the supervisor has no child `nobody`",
    ] {
        assert!(stdout.contains(said), "{said} is not in\n{stdout}");
    }
}

#[test]
fn a_time_that_is_none_is_refused() {
    for time in ["soon", "-1"] {
        let outcome = run(site().arg(format!("--for={time}")));
        assert_eq!(outcome.status.code(), Some(2), "{outcome:?}");
    }
}
