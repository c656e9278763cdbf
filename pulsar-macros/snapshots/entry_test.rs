#[::core::prelude::v1::test]
#[ignore]
fn counts() {
    async fn counts() -> Result<()> {
        Ok(())
    }
    ::pulsar::__private::test(
        ::core::concat!(::core::module_path!(), "::counts"),
        ::pulsar::__private::TestOptions::new()
            .timeout(::core::time::Duration::from_millis(60000u64)),
        counts,
    )
}
