//! `hello` beside bare axum: two processes that share a socket each, the load of one `wrk`, interleaved in one run.
//!
//! `cargo bench -p pulsar-examples --bench hello -- [--rounds 7] [--seconds 3] [--connections 64]`. Needs `wrk`; says so where there is none.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use axum::Router;
use axum::routing::get;

/// What has this in its environment serves, at its standard input.
const BARE: &str = "PULSAR_BENCH_BARE";

/// The workers of each.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    if let Ok(kind) = std::env::var(BARE) {
        bare(&kind);
        return ExitCode::SUCCESS;
    }
    if Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("skipped: there is no `wrk` on this machine");
        return ExitCode::SUCCESS;
    }
    let number = |flag: &str, otherwise: u32| {
        let args: Vec<_> = std::env::args().collect();
        let at = args.iter().position(|arg| arg == flag);
        at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let (rounds, seconds, connections) = (number("--rounds", 7), number("--seconds", 3), number("--connections", 64));
    let systems = [
        ("bare axum", vec![]),
        ("bare axum, two threads each", vec![]),
        ("hello", vec!["--workers=2"]),
        ("hello, access log", vec!["--workers=2", "--access-log", "--log-file=/dev/null"]),
        ("hello, metrics", vec!["--workers=2", "--metrics=/metrics"]),
        ("hello, request ids", vec!["--workers=2", "--request-id"]),
    ];
    let mut servers: Vec<_> = systems.iter().map(|(name, flags)| Server::start(name, flags)).collect();
    let mut runs = vec![Vec::new(); servers.len()];
    for server in &servers {
        server.load(1, connections);
    }
    for _ in 0..rounds {
        for (server, runs) in servers.iter().zip(&mut runs) {
            runs.push(server.load(seconds, connections));
        }
    }
    println!("| Server | Requests a second | of bare | p50 | p99 | of bare | PSS of a worker | of bare |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut base = None;
    for (server, runs) in servers.iter_mut().zip(&runs) {
        let of = |part: fn(&Run) -> f64| median(runs.iter().map(part).collect());
        let (rate, p50, p99, memory) = (of(|run| run.rate), of(|run| run.p50), of(|run| run.p99), server.memory());
        let (rate0, p990, memory0) = *base.get_or_insert((rate, p99, memory));
        println!(
            "| {} | {rate:.0} | {:.3} | {p50:.0} us | {p99:.0} us | {:.2} | {:.1} MiB | {:.2} |",
            server.name,
            rate / rate0,
            p99 / p990,
            memory / 1024.0,
            memory / memory0
        );
    }
    servers.iter_mut().for_each(Server::stop);
    ExitCode::SUCCESS
}

/// axum by itself, on the listener at standard input.
fn bare(kind: &str) {
    let fd: OwnedFd = std::io::stdin().as_fd().try_clone_to_owned().expect("standard input is a socket");
    let serve = async {
        let listener = TcpListener::from(fd);
        listener.set_nonblocking(true).expect("a socket can be");
        let listener = tokio::net::TcpListener::from_std(listener).expect("it is a listener");
        let router = Router::new().route("/", get(async || "Hello, World!\n"));
        axum::serve(listener, router).await.expect("it serves");
    };
    let mut builder = match kind {
        "threads" => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build().expect("there is a runtime").block_on(serve);
}

struct Server {
    name: &'static str,
    url: String,
    processes: Vec<Child>,
    /// Those that serve.
    workers: Vec<u32>,
}

#[derive(Clone)]
struct Run {
    rate: f64,
    p50: f64,
    p99: f64,
}

impl Server {
    fn start(name: &'static str, flags: &[&str]) -> Self {
        if !name.starts_with("bare") {
            return Self::hello(name, flags);
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let kind = if name.contains("threads") { "threads" } else { "one" };
        let start = |_| {
            let fd: OwnedFd = listener.as_fd().try_clone_to_owned().expect("there is a descriptor");
            let own = std::env::current_exe().expect("there is a program");
            Command::new(own).env(BARE, kind).stdin(Stdio::from(fd)).spawn().expect("it starts")
        };
        let processes: Vec<_> = (0..WORKERS).map(start).collect();
        let workers = processes.iter().map(Child::id).collect();
        Self { name, url, processes, workers }
    }

    fn hello(name: &'static str, flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hello"))
            .args(flags)
            .arg("--bind=127.0.0.1:0")
            .arg("--pid-file=")
            .stderr(Stdio::piped())
            .env("PULSAR_LOG_LEVEL", "info")
            .env_remove("PULSAR_LOG_FILE")
            .spawn()
            .expect("it starts");
        // With a log file there is nothing to read: its address is asked of the system.
        let url = if flags.iter().any(|flag| flag.starts_with("--log-file")) {
            let mut url = None;
            while url.is_none() {
                std::thread::sleep(Duration::from_millis(50));
                url = listening(process.id());
            }
            url.expect("it listens")
        } else {
            let stderr = process.stderr.take().expect("it was asked for");
            let mut lines = BufReader::new(stderr).lines();
            let line = lines.find_map(|line| line.ok().filter(|line| line.contains("serves http://")));
            let line = line.expect("it says where it serves");
            std::thread::spawn(move || lines.for_each(drop));
            let at = line.find("http://").expect("it is there");
            line[at..].split_whitespace().next().expect("it goes on").to_string()
        };
        std::thread::sleep(Duration::from_millis(300));
        let workers = children(process.id(), "hello.");
        assert_eq!(workers.len(), WORKERS, "{name}");
        Self { name, url: format!("{url}/"), processes: vec![process], workers }
    }

    fn load(&self, seconds: u32, connections: u32) -> Run {
        let output = Command::new("wrk")
            .args(["-t1", "--latency", &format!("-c{connections}"), &format!("-d{seconds}s"), &self.url])
            .output()
            .expect("wrk runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let after = |what: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(what));
            line.and_then(|line| line.split_whitespace().nth(1).map(String::from))
                .unwrap_or_else(|| panic!("{}: no `{what}` in {text}", self.name))
        };
        assert!(!text.contains("Socket errors") && !text.contains("Non-2xx"), "{}: {text}", self.name);
        let rate = after("Requests/sec:").parse().expect("a number");
        Run { rate, p50: micros(&after("50%")), p99: micros(&after("99%")) }
    }

    /// The proportional set size of a worker, in KiB.
    fn memory(&self) -> f64 {
        let pss = |pid: &u32| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
            line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default()
        };
        self.workers.iter().map(pss).sum::<f64>() / self.workers.len() as f64
    }

    fn stop(&mut self) {
        for process in &mut self.processes {
            if self.name.starts_with("bare") {
                let _ = process.kill();
            } else {
                let pid = rustix::process::Pid::from_child(process);
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
            let _ = process.wait();
        }
    }
}

/// The address at which a process listens, of the system's own table.
fn listening(pid: u32) -> Option<String> {
    let mut inodes = String::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten() {
        if let Ok(target) = std::fs::read_link(entry.path()) {
            let _ = write!(inodes, "{} ", target.display());
        }
    }
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let listens = fields.get(3) == Some(&"0A") && inodes.contains(&format!("socket:[{}]", fields.get(9)?));
        let port = fields.get(1)?.rsplit(':').next()?;
        listens.then(|| u16::from_str_radix(port, 16).ok().map(|port| format!("http://127.0.0.1:{port}")))?
    })
}

/// The children of a process whose title has this in it.
fn children(pid: u32, title: &str) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let all = std::fs::read_to_string(path).unwrap_or_default();
    let all = all.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok());
    all.filter(|pid| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains(title)))
        .collect()
}

/// What wrk writes as `1.23ms`.
fn micros(text: &str) -> f64 {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let factor = match text.get(digits.len()..) {
        Some("us") => 1.0,
        Some("ms") => 1e3,
        _ => 1e6,
    };
    digits.parse::<f64>().unwrap_or_default() * factor
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
