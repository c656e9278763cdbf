//! Bad ends: each has a reason of its own, and a report that says what the actor was at.

use std::time::Duration;

use pulsar::{AskError, CrashReport, prelude::*};
use pulsar_tests::{Log, SOON, for_each_kind, until};

use crate::victim::Victim;

/// Can end in every way there is.
#[actor(backoff = "1ms..5ms")]
struct Mortal {}

#[actor]
impl Mortal {
    #[command]
    fn add(&mut self, n: u64) -> u64 {
        n
    }

    #[command]
    fn block(&mut self, millis: u64) {
        std::thread::sleep(Duration::from_millis(millis));
    }

    #[command]
    fn place(&self, cx: &mut Context<Self>) -> (u32, u32) {
        (std::process::id(), cx.incarnation())
    }

    #[command]
    fn burst(&mut self) {
        panic!("burst, as asked")
    }

    #[command]
    fn abort(&mut self) {
        std::process::abort()
    }

    /// The signal that a bad pointer brings. The first is forgiven by the runtime of Rust, which looks for an overflow.
    #[command]
    fn segfault(&mut self) {
        loop {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::SEGV);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[command]
    fn overflow(&mut self) -> u64 {
        #[expect(unconditional_recursion, reason = "that is what it is for")]
        fn deeper(n: u64) -> u64 {
            let page = std::hint::black_box([n; 512]);
            deeper(n + 1) + page[n as usize % 512]
        }
        deeper(0)
    }

    #[command]
    fn gobble(&mut self) -> usize {
        std::hint::black_box(Vec::<u8>::with_capacity(1 << 32)).capacity()
    }

    #[command]
    fn leave(&mut self, code: i32) {
        std::process::exit(code)
    }

    #[command]
    fn spin(&mut self) {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// Writes more than is kept, then aborts.
    #[command]
    fn talk_and_abort(&mut self) {
        let text: String = (0..20_000).map(|n| format!("{n}\n")).collect();
        eprint!("{text}");
        std::process::abort()
    }
}

/// How an ask failed.
fn reason<T>(asked: std::result::Result<T, AskError>) -> ExitReason {
    match asked {
        Err(AskError::ActorDied { reason, .. }) => reason,
        other => panic!("{:?}", other.map(|_| ())),
    }
}

/// The report of the incarnation before the `incarnation`th.
async fn report(mortal: &MortalProxy, incarnation: u32) -> CrashReport {
    let mut found = None;
    until("the next incarnation knows how the last ended", SOON, async || {
        let info = mortal.info().timeout(SOON).await;
        found = info.ok().filter(|info| info.actor.incarnation == incarnation).and_then(|info| info.last_crash);
        found.is_some()
    })
    .await;
    *found.expect("a report")
}

#[pulsar::test(timeout = "120s")]
async fn each_bad_end_of_a_process_has_its_own_reason() -> Result<()> {
    let mortal = Mortal::new().named("mortal").with(|params| {
        params.intensity = None;
        params.timeout = Duration::from_secs(2);
        params.limits.memory = Some(1 << 30);
    });
    let mortal = mortal.spawn().await?;
    let signal = |number| ExitReason::Signal { number, core: false };
    let mut seen = Vec::new();
    let mut incarnation = 1;
    let commands = ["segfault", "abort", "overflow", "gobble", "leave", "leave", "burst", "spin"];
    for (at, command) in commands.into_iter().enumerate() {
        let asked = match command {
            "segfault" => reason(mortal.segfault().timeout(SOON).await),
            "abort" => reason(mortal.abort().timeout(SOON).await),
            "overflow" => reason(mortal.overflow().timeout(SOON).await),
            "gobble" => reason(mortal.gobble().timeout(SOON).await),
            "leave" => reason(mortal.leave(if at == 4 { 0 } else { 3 }).timeout(SOON).await),
            "burst" => reason(mortal.burst().timeout(SOON).await),
            _ => reason(mortal.spin().timeout(SOON).await),
        };
        incarnation += 1;
        let report = report(&mortal, incarnation).await;
        assert_eq!(report.reason, asked, "{command}");
        assert_eq!((report.last_command.as_deref(), report.running), (Some(command), true), "{report}");
        assert_eq!(
            (report.actor.as_str(), report.kind, report.incarnation),
            ("mortal", Kind::Process, incarnation - 1)
        );
        assert_eq!(report.restarts, incarnation - 2);
        assert!(!seen.contains(&asked), "{asked:?} twice");
        seen.push(asked);
    }
    // A core may or may not be kept.
    let plain = |reason: ExitReason| match reason {
        ExitReason::Signal { number, .. } => signal(number),
        ExitReason::Panic { .. } => ExitReason::Panic { message: String::new(), backtrace: None },
        other => other,
    };
    let plain: Vec<_> = seen.into_iter().map(plain).collect();
    let expected = [
        signal(11),
        signal(6),
        ExitReason::StackOverflow,
        ExitReason::OutOfMemory,
        ExitReason::Code(0),
        ExitReason::Code(3),
        ExitReason::Panic { message: String::new(), backtrace: None },
        ExitReason::Hung,
    ];
    assert_eq!(plain, expected);
    Ok(())
}

for_each_kind! {
    async fn a_report_says_what_it_was_at(kind: Kind) -> Result<()> {
        let mortal = Mortal::new().named("mortal").on(kind).spawn().await?;
        let (pid, _) = mortal.place().await?;
        assert_eq!(mortal.info().await?.last_crash, None);
        mortal.add(1).await?;
        // What comes behind the end waits when that comes.
        mortal.block(300).tell().await?;
        let burst = mortal.burst();
        let rest = futures_util::future::join_all((0..5).map(|n| mortal.add(n).tell()));
        let (burst, rest) = futures_util::future::join(burst, rest).await;
        assert!(matches!(reason(burst), ExitReason::Panic { .. }));
        assert!(rest.iter().all(std::result::Result::is_ok));
        let report = report(&mortal, 2).await;
        assert!(matches!(&report.reason, ExitReason::Panic { message, .. } if message.starts_with("burst, as asked")));
        assert_eq!((report.last_command.as_deref(), report.running), (Some("burst"), true), "{report}");
        assert_eq!((report.waiting, report.handled, report.lost), (5, 3, 5), "{report}");
        assert_eq!((report.kind, report.incarnation, report.restarts, report.pid), (kind, 1, 0, pid));
        assert_eq!(report.id, mortal.id());
        assert!(report.uptime >= Duration::from_millis(300) && report.uptime < SOON, "{report}");
        assert_eq!(report.stderr.contains("burst, as asked"), kind == Kind::Process);
        // A normal end is no crash, and the one before it is forgotten.
        mortal.stop().await?;
        Ok(())
    }
}

#[pulsar::test]
async fn the_end_of_standard_error_is_in_the_report() -> Result<()> {
    let mortal = Mortal::new().spawn().await?;
    // Nobody had asked it anything when it was told.
    mortal.add(1).await?;
    assert!(matches!(reason(mortal.talk_and_abort().timeout(SOON).await), ExitReason::Signal { number: 6, .. }));
    let report = report(&mortal, 2).await;
    assert_eq!(report.stderr.len(), 64 << 10);
    assert!(report.stderr.ends_with("19998\n19999\n"), "{:?}", report.stderr.get(65_000..));
    assert_eq!(report.lost, 0);
    Ok(())
}

#[pulsar::test]
async fn the_dead_are_found_at_their_last_command() -> Result<()> {
    let mortal = Mortal::new().spawn().await?;
    mortal.add(1).await?;
    let (pid, _) = mortal.place().await?;
    assert!(pulsar_tests::proc::signal(pid, rustix::process::Signal::KILL));
    let report = report(&mortal, 2).await;
    assert_eq!((report.last_command.as_deref(), report.running), (Some("place"), false), "{report}");
    assert_eq!((report.handled, report.waiting), (2, 0), "{report}");
    // Nobody here wanted memory, whatever the machine did.
    assert_eq!(report.reason, ExitReason::Signal { number: 9, core: false });
    Ok(())
}

#[test]
fn who_is_found_above_its_limit_is_ended() {
    // A stack of 40 MiB, of which no allocation knows.
    let line = "ulimit -s 262144 || exit 77; exec \"$0\" resident";
    let output = std::process::Command::new("sh")
        .args(["-c", line, env!("CARGO_BIN_EXE_hungry")])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    if output.status.code() == Some(77) {
        println!("not looked at: stacks may not be that large here");
        return;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("reason: OutOfMemory"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_panic_and_a_report_are_not_torn() {
    let log = Log::new();
    let errors = format!("{}.errors", log.path());
    let mut victim = Victim::start_with("panics", |command| {
        command.env("RUST_BACKTRACE", "1").stderr(std::fs::File::create(&errors).expect("a file"));
    });
    assert_eq!(victim.wait(3 * SOON).0.code(), Some(0));
    let text = std::fs::read_to_string(&errors).expect("what it wrote");
    let (mut panics, mut reports, mut open) = (0, 0, false);
    for line in text.lines() {
        if line.starts_with("pulsar: ") {
            assert!(!open, "in the middle of a panic: {line}\n{text}");
            open = line.starts_with("pulsar: in the actor");
            panics += u32::from(open);
            reports += u32::from(line.starts_with("pulsar: incarnation"));
        }
        // The last line of a backtrace.
        open &= !line.starts_with("note: ");
    }
    println!("{panics} panics, {reports} reports");
    assert_eq!((panics, reports), (60, 60), "{text}");
}
