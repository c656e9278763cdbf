#[allow(unused)]
fn main() -> ::std::process::ExitCode {
    fn main() {
        run();
    }
    renamed::__private::main(|| async move { main() })
}
