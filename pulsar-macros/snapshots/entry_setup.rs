fn main() -> ::std::process::ExitCode {
    async fn main() -> Result<()> {
        run().await
    }
    let __setup: fn() = set_up;
    ::pulsar::__private::main_with(__setup, main)
}
#[::core::prelude::v1::test]
fn setup() {
    async fn setup() {}
    let __setup: fn() = Telemetry::set_up;
    ::pulsar::__private::test(
        ::core::concat!(::core::module_path!(), "::setup"),
        ::pulsar::__private::TestOptions::new().setup(__setup),
        setup,
    )
}
