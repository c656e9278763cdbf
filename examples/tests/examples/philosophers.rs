//! All `philosophers` eat, wherever they sit.

use std::process::Command;

use crate::run::{KINDS, run};

#[test]
fn everyone_eats() {
    for kind in KINDS {
        let outcome = run(Command::new(env!("CARGO_BIN_EXE_philosophers")).args(["--kind", kind, "--seconds", "1"]));
        let stdout = outcome.clean();
        let meals: Vec<(&str, u64)> = stdout.lines().map(|line| meals(line).expect(line)).collect();
        let names: Vec<&str> = meals.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["aristotle", "diogenes", "epicurus", "plato", "socrates"]);
        assert!(meals.iter().all(|(_, eaten)| *eaten > 3), "{kind}: {meals:?}");
    }
}

#[test]
fn no_meal_is_lost_in_chaos() {
    let arguments = ["--chaos", "--seed", "7", "--seconds", "2"];
    let stdout = run(Command::new(env!("CARGO_BIN_EXE_philosophers")).args(arguments)).clean();
    let lines: Vec<&str> = stdout.lines().collect();
    let eaten: Vec<u64> = lines[..5].iter().map(|line| meals(line).expect(line).1).collect();
    let numbers: Vec<u64> =
        lines[5].split(|char: char| !char.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    let [kills, 7, begun, counted, broken_off] = numbers[..] else { panic!("{stdout}") };
    // A tenth of what two cores do that have much else to do: who eats how often is not what this is about.
    assert!(kills >= 4 && counted >= 3, "{stdout}");
    assert_eq!((begun, counted), (counted + broken_off, eaten.iter().sum()), "{stdout}");
}

fn meals(line: &str) -> Option<(&str, u64)> {
    let [name, "ate", eaten, "times"] = line.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    Some((name, eaten.parse().ok()?))
}

#[test]
fn a_time_that_is_none_is_refused() {
    for seconds in ["soon", "-1", "NaN"] {
        let outcome = run(Command::new(env!("CARGO_BIN_EXE_philosophers")).arg(format!("--seconds={seconds}")));
        assert_eq!(outcome.status.code(), Some(2), "{outcome:?}");
    }
}
