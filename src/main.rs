//! The program: an allocator, a runtime, and the command line.

use std::process::ExitCode;

/// Returns memory to the system after bursts and is faster than the system's for many small objects.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    hoopoe::cli::main()
}
