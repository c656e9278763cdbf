//! What actors print: whole, in order, behind their names; bounded, whoever reads it and however much it is.

use std::{
    fs,
    io::Read,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use pulsar_tests::{Log, SOON, proc, until_blocking};

use crate::victim::Victim;

/// A program whose actors print, and where it notes what it has done.
fn start(mode: &str, log: &Log) -> Child {
    Command::new(env!("CARGO_BIN_EXE_printer"))
        .args([mode, &log.path()])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Reads everything on a thread of its own.
fn all(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        pipe.map(|mut pipe| pipe.read_to_end(&mut text));
        String::from_utf8(text).expect("text")
    })
}

/// Waits for its end; kills it if there is none.
fn end(child: &mut Child, within: Duration) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status;
        }
        if began.elapsed() > within {
            let _ = child.kill();
            panic!("not within {within:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn run(mode: &str) -> (String, String) {
    let log = Log::new();
    let mut child = start(mode, &log);
    let (stdout, stderr) = (all(child.stdout.take()), all(child.stderr.take()));
    end(&mut child, SOON);
    (stdout.join().expect("stdout"), stderr.join().expect("stderr"))
}

#[test]
fn each_line_comes_behind_its_actors_name() {
    let (stdout, stderr) = run("lines");
    let lines = ["printer | one", "printer | two", "printer | its last words on stdout, without a newline"];
    assert_eq!(stdout.lines().collect::<Vec<_>>(), lines);
    // What it wrote comes before the news of its end.
    let lines: Vec<_> = stderr.lines().filter(|line| !line.starts_with("main:")).collect();
    assert_eq!(lines.first(), Some(&"printer | wrong"), "{stderr}");
    assert_eq!(lines.get(1), Some(&"printer | its last words on stderr"), "{stderr}");
    let report =
        lines.iter().position(|line| line.starts_with("pulsar: incarnation 1 of printer was killed by signal 6"));
    assert_eq!(report, Some(2), "{stderr}");
    // And is not repeated there.
    assert_eq!(stderr.matches("its last words on stderr").count(), 1, "{stderr}");
}

#[test]
fn who_inherits_writes_by_itself() {
    let (stdout, stderr) = run("inherit");
    assert_eq!(stdout, "one\ntwo\nits last words on stdout, without a newline");
    assert!(stderr.starts_with("wrong\nits last words on stderr"), "{stderr}");
}

/// 256 MiB, of which nothing is kept; `PULSAR_FLOOD=1024` makes it a gibibyte.
#[test]
fn a_flood_without_newlines_is_bounded() {
    let size = std::env::var("PULSAR_FLOOD").ok().and_then(|text| text.parse().ok()).unwrap_or(256_u64) << 20;
    let log = Log::new();
    let mut child = start("flood", &log);
    let (mut stdout, stderr) = (child.stdout.take().expect("a pipe"), all(child.stderr.take()));
    let reader = thread::spawn(move || {
        let (mut read, mut lines) = (0_u64, 0_u64);
        let mut space = vec![0; 1 << 20];
        while let Ok(count @ 1..) = stdout.read(&mut space) {
            read += space[..count].iter().filter(|byte| **byte == b'x').count() as u64;
            lines += space[..count].iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        (read, lines)
    });
    let mut most = 0;
    let began = Instant::now();
    while child.try_wait().expect("it can be waited for").is_none() {
        most = most.max(resident(child.id()));
        assert!(began.elapsed() < 10 * SOON, "it ends");
        thread::sleep(Duration::from_millis(5));
    }
    let (read, lines) = reader.join().expect("the reader");
    println!("{} MiB in {:?}: {lines} lines, the master had at most {} MiB", size >> 20, began.elapsed(), most >> 20);
    assert_eq!(log.lines(), [size.to_string()], "{:?}", stderr.join());
    assert_eq!((read, lines), (size, size / (8 << 10)));
    assert!(most < 64 << 20, "{most}");
}

#[test]
fn nobody_who_reads_holds_an_actor_up_for_ever() {
    let log = Log::new();
    let mut child = start("stalled", &log);
    let stderr = all(child.stderr.take());
    until_blocking("it has written all", 3 * SOON, || !log.lines().is_empty());
    let line = log.lines().remove(0);
    let (bytes, millis) = line.split_once(' ').expect("two numbers");
    assert_eq!(bytes, "16777216");
    println!("16 MiB that nobody read took {millis} ms");
    assert!(millis.parse::<u64>().expect("a number") >= 3_000, "it was held up for a while: {line}");
    let stdout = all(child.stdout.take());
    end(&mut child, SOON);
    let (stdout, stderr) = (stdout.join().expect("stdout"), stderr.join().expect("stderr"));
    assert!(stdout.contains("lines were dropped"), "{} bytes, {stderr}", stdout.len());
    assert!(stdout.ends_with("printer | the end\n"), "{}", &stdout[stdout.len().saturating_sub(200)..]);
}

#[test]
fn who_holds_the_pipes_delays_nothing() {
    let log = Log::new();
    let mut child = start("held", &log);
    let (stdout, stderr) = (all(child.stdout.take()), all(child.stderr.take()));
    let status = end(&mut child, SOON);
    let lines = log.lines();
    let program = lines.first().and_then(|line| line.parse().ok());
    let held = program.is_some_and(proc::runs);
    program.map(|program| proc::signal(program, proc::Signal::KILL));
    let said = (stdout.join().expect("stdout"), stderr.join().expect("stderr"));
    assert_eq!(lines.len(), 2, "{status}: {said:?}");
    assert!(held, "it was still there");
    let (millis, how) = lines[1].split_once(' ').expect("a number");
    println!("a death beside a program that holds the pipes was heard of after {millis} ms");
    assert!(how.contains("Signal { number: 6"), "{how}");
    assert!(millis.parse::<u64>().expect("a number") < 1_000, "{millis} ms");
}

/// Resident memory of a process, in bytes.
fn resident(pid: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = statm.split_ascii_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

#[test]
fn what_is_tried_again_and_again_is_said_once() {
    let log = Log::new();
    let errors = format!("{}.errors", log.path());
    let mut victim = Victim::start_with("poor", |command| {
        command.stderr(fs::File::create(&errors).expect("a file"));
    });
    assert_eq!(victim.wait(3 * SOON).0.code(), Some(0));
    let text = fs::read_to_string(&errors).expect("what it wrote");
    assert_eq!(text.lines().filter(|line| line.contains("no connection to process")).count(), 1, "{text}");
}
