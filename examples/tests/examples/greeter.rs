//! `greeter` says the same wherever its actors are.

use std::process::Command;

use crate::run::{KINDS, run};

#[test]
fn everyone_is_greeted() {
    for kind in KINDS {
        let outcome = run(Command::new(env!("CARGO_BIN_EXE_greeter")).args(["--kind", kind]));
        let stdout = outcome.clean();
        let (told, refused) = stdout.split_once("no second ada: ").expect(&stdout);
        assert_eq!(
            told,
            "Hello, I am ada\n\
             Ciao, I am bruno\n\
             bruno was told: Hello!\n\
             host was told: Ciao!\n\
             ada was told: Welcome!\n",
            "{kind}"
        );
        assert!(refused.contains("ada") && refused.ends_with("\n2 guests\n"), "{kind}: {refused}");
    }
}
