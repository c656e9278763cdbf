# All that CI does.
check:
    bash .ci/run

# The tests alone.
test *ARGS:
    cargo test --workspace {{ARGS}}

# Overwrites the snapshots of generated code and of compile errors. Read the difference before you commit it.
bless:
    PULSAR_BLESS=1 TRYBUILD=overwrite cargo test --workspace

# The figures of the README.
bench:
    cargo bench --package pulsar
    cargo bench --package pulsar-examples --bench wordcount

# Feeds the decoder mutated frames, for as long as it is let.
fuzz SECONDS="60":
    PULSAR_FUZZ_SECONDS={{SECONDS}} cargo test --release --package pulsar-tests fuzz -- --nocapture --include-ignored
