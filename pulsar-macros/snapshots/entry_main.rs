fn main() -> ::std::process::ExitCode {
    async fn main() -> Result<()> {
        run().await
    }
    ::pulsar::__private::main(main)
}
