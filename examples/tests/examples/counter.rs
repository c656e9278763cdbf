//! `counter` prints each step of the README's first program.

use std::process::Command;

use crate::run::run;

#[test]
fn each_step_is_shown() {
    let outcome = run(&mut Command::new(env!("CARGO_BIN_EXE_counter")));
    assert_eq!(
        outcome.clean(),
        "10 + 5 = 15\n\
         and 1 = 16\n\
         a quarter = 4\n\
         counter cannot divide 16 by zero\n\
         Hello Ada, I am counter\n\
         on a thread: 7\n\
         counter answers by its name\n"
    );
}
