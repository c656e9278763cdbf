//! What goes over the connections between processes, and what is refused there.

mod hostile;
mod large;
