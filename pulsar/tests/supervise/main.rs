//! The rules of supervision, one a test, in virtual time.

mod groups;
mod limits;
mod pools;
mod single;
mod tree;
