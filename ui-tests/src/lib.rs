//! What the attribute macros accept and refuse: the cases are in `cases`, the test that runs them in `tests/ui.rs`.
