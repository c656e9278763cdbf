//! Random histories of the supervision state machine, in virtual time.
//!
//! Children on their own are held action by action against a reference model; trees are held to rules that are checked from the
//! events that were sent and the actions that were seen. `PULSAR_SEED` and `PULSAR_HISTORIES` choose other histories; a failure
//! names the seed and the number of the one that failed, and tells it.

mod single;
mod trees;
mod witness;

use std::time::Instant;

use proptest::prelude::*;
use pulsar::ExitReason;
use pulsar::supervise::Action;

/// One step of a history: which event, of which child, and what is left open.
type Op = (u8, u8, u16);

/// A machine, and what is expected of it.
trait History {
    fn new(seed: u64, account: bool) -> Self;
    fn step(&mut self, op: Op) -> Result<(), String>;
    /// What has to hold when everything obeys and the time passes.
    fn end(&mut self) -> Result<(), String>;
    fn log(&self) -> &[String];
    fn tally(&self) -> &Tally;
}

#[test]
fn children_on_their_own_keep_the_rules() {
    histories::<single::World>(100_000, &SINGLE);
}

#[test]
fn trees_keep_the_rules() {
    histories::<trees::Forest>(20_000, &[]);
}

/// The actions that groups and pools alone lead to: a child on its own never does.
const SINGLE: [usize; 7] = [8, 9, 10, 11, 12, 13, 14];

fn histories<H: History>(count: u64, never: &[usize]) {
    let seed = number("PULSAR_SEED", 20_240_229);
    let count = number("PULSAR_HISTORIES", count);
    let begun = Instant::now();
    let mut tally = Tally::default();
    for history in 0..count {
        match run::<H>(seed, history, false) {
            Ok(seen) => tally.add(&seen),
            Err(_) => panic!(
                "PULSAR_SEED={seed}, history {history}: {}",
                run::<H>(seed, history, true).err().unwrap_or_default()
            ),
        }
    }
    println!("PULSAR_SEED={seed} PULSAR_HISTORIES={count}: {tally:?} in {:?}", begun.elapsed());
    if count >= 1000 {
        let missed = (0..tally.counts.len()).find(|at| tally.counts[*at] == 0 && !never.contains(at));
        assert_eq!(missed, None, "an action was never provoked: {tally:?}");
    }
}

/// Runs one history. The account of a failure costs more than the history, so it is made on a second run.
fn run<H: History>(seed: u64, history: u64, account: bool) -> Result<Tally, String> {
    let mut random = Random(seed ^ history.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let steps = 8 + random.next() % 48;
    let mut world = H::new(random.next(), account);
    for _ in 0..steps {
        let drawn = random.next();
        let op = (drawn as u8, (drawn >> 8) as u8, (drawn >> 16) as u16);
        world.step(op).map_err(|broken| format!("{broken}\n{:#?}", world.log()))?;
    }
    world.end().map_err(|broken| format!("{broken}\n{:#?}", world.log()))?;
    Ok(world.tally().clone())
}

fn shrinkable<H: History>(seed: u64, ops: Vec<Op>) -> Result<(), TestCaseError> {
    let mut world = H::new(seed, true);
    for op in ops {
        let kept = world.step(op);
        prop_assert!(kept.is_ok(), "{}\n{:#?}", kept.unwrap_err(), world.log());
    }
    let kept = world.end();
    prop_assert!(kept.is_ok(), "{}\n{:#?}", kept.unwrap_err(), world.log());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shrinkable_histories_of_single_children(seed: u64, ops in prop::collection::vec(any::<Op>(), 1..200)) {
        shrinkable::<single::World>(seed, ops)?;
    }

    #[test]
    fn shrinkable_histories_of_trees(seed: u64, ops in prop::collection::vec(any::<Op>(), 1..200)) {
        shrinkable::<trees::Forest>(seed, ops)?;
    }
}

/// How often each action was seen.
#[derive(Clone, Debug, Default)]
struct Tally {
    events: u64,
    counts: [u64; 15],
}

impl Tally {
    fn count(&mut self, action: &Action) {
        let at = match action {
            Action::Start { .. } => 0,
            Action::RequestStop { .. } => 1,
            Action::Terminate { .. } => 2,
            Action::Abort { .. } => 3,
            Action::Kill { .. } => 4,
            Action::Restarting { .. } => 5,
            Action::Parked { .. } => 6,
            Action::Removed { .. } => 7,
            Action::Drain { .. } => 8,
            Action::Hire { .. } => 9,
            Action::Up { .. } => 10,
            Action::Down { .. } => 11,
            Action::GaveUp { .. } => 12,
            Action::Replaced { .. } => 13,
            Action::Refused { .. } => 14,
        };
        self.counts[at] += 1;
    }

    fn add(&mut self, other: &Self) {
        self.events += other.events;
        for (sum, count) in self.counts.iter_mut().zip(other.counts) {
            *sum += count;
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Fails the history where this does not hold.
macro_rules! check {
    ($holds:expr, $($text:tt)*) => {
        if !$holds {
            return Err(format!($($text)*));
        }
    };
}
pub(crate) use check;

fn reason(rest: u16) -> ExitReason {
    match rest % 12 {
        0 => ExitReason::Normal,
        1 => ExitReason::Shutdown,
        2 => ExitReason::OwnerEnded,
        3 => ExitReason::Code(0),
        4 => ExitReason::Signal { number: 15, core: false },
        5 => ExitReason::Signal { number: 9, core: false },
        6 => ExitReason::StartFailed("no place".into()),
        7 => ExitReason::Unknown,
        8 => ExitReason::Hung,
        _ => ExitReason::Code(1),
    }
}
