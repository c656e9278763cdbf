# All that CI does.
check:
    bash .ci/run

# The tests alone.
test *ARGS:
    cargo test --workspace {{ARGS}}

# Runs what threads share in tens of thousands of orders.
interleavings *ARGS="interleavings":
    cargo test --package pulsar --lib --no-default-features --features _shuttle -- {{ARGS}}

# Overwrites the snapshots of generated code and of compile errors. Read the difference before you commit it.
bless:
    PULSAR_BLESS=1 TRYBUILD=overwrite cargo test --workspace

# The figures of the README: pulsar beside its peers and its floors, every workload in five rounds. `just bench --only ask` for some.
bench *ARGS:
    cargo run --release --manifest-path pulsar/benches/peers/Cargo.toml --target-dir target/peers -- all {{ARGS}}

# The other benches: the inner parts, pulsar beside its floors alone, restarts, and counting words.
bench-more:
    cargo bench --manifest-path pulsar/benches/peers/Cargo.toml --target-dir target/peers
    cargo bench --package pulsar
    cargo bench --package pulsar-examples --bench wordcount

# Feeds the decoder mutated frames and values, so many of each.
fuzz INPUTS="10000000":
    PULSAR_INPUTS={{INPUTS}} cargo test --release --package pulsar --test hostile -- --nocapture
