//! Compiles each case: those in `pass` must, those in `fail` must not, and must say what their `.stderr` file holds.
//!
//! The texts are those of one compiler, so the cases run with the toolchain the repository is tested with.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

#[test]
fn cases() {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let cases = trybuild::TestCases::new();
        cases.pass("cases/*/pass/*.rs");
        cases.compile_fail("cases/*/fail/*.rs");
    }));
    if let Err(panic) = outcome {
        eprintln!(
            "\nWhere a message changed on purpose: TRYBUILD=overwrite cargo test -p pulsar-ui-tests\n\
             Then read the difference: each message underlines the user's own token and says what to write.\n"
        );
        resume_unwind(panic);
    }
}
