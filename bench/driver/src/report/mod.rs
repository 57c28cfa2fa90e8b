//! The report: a table per section and database, ratios, the goals, the machine; as Markdown and as JSON.

mod goals;
mod table;

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::measure::Run;
use table::Table;

/// Prints the report and writes RESULTS.md and results.json.
pub fn write(run: &Run) -> Result<()> {
    let text = markdown(run);
    println!("{text}");
    let out = &run.args().out;
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("RESULTS.md"), &text).context("cannot write RESULTS.md")?;
    let all = json!({ "machine": run.machine, "settings": settings(run), "warnings": run.warnings, "samples": run.samples });
    std::fs::write(
        out.join("results.json"),
        serde_json::to_string_pretty(&all)? + "\n",
    )
    .context("cannot write results.json")
}

fn markdown(run: &Run) -> String {
    let mut text = String::from(
        "# Results\n\nWritten by `make bench`; how it is measured is explained in [README.md](README.md). Numbers are medians \
         over rounds, with the lowest and the highest behind them where there were several. “×” columns say how many times \
         better Hoopoe is: above 1 it wins, whichever way the number runs.\n",
    );
    text.push_str(&machine(run));
    text.push_str(&goals::section(run));
    for table in Table::all(run) {
        text.push_str(&table.markdown());
    }
    if !run.warnings.is_empty() {
        text.push_str("\n## Warnings\n\n");
        for warning in &run.warnings {
            let _infallible = writeln!(text, "- {warning}");
        }
    }
    text
}

fn machine(run: &Run) -> String {
    let machine = &run.machine;
    format!(
        "\n## Machine\n\n- {} × {}, {:.0} GiB, Linux {}\n- {}\n- a 4 KiB write made durable: {:.2} ms; load before the run: {}\n- {}\n",
        machine.cpus,
        machine.cpu,
        machine.memory_gib,
        machine.kernel,
        machine.programs.join(", "),
        machine.disk_sync_ms,
        machine.load_before,
        settings(run),
    )
}

fn settings(run: &Run) -> String {
    let args = run.args();
    format!(
        "{} round(s), trials of {:.1} s; server on CPU {}, PostgreSQL on CPU {}, driver on CPU {}",
        args.rounds(),
        args.trial().as_secs_f64(),
        args.server_cpus,
        args.database_cpus,
        args.driver_cpus
    )
}
