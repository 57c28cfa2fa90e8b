//! One table: a section on one database, a row per case and metric, a column per stack.

use std::fmt::Write as _;

use crate::measure::{
    Label, Metric, Run, engine, fanout, linked, sending, sockets, startup, throughput,
};
use crate::numbers::Spread;
use crate::targets::{Engine, Stack};

/// A table of the report.
pub struct Table {
    title: String,
    rows: Vec<Row>,
}

struct Row {
    case: String,
    metric: Metric,
    plain: Option<Spread>,
    one_statement: Option<Spread>,
    hoopoe: Option<Spread>,
    than_plain: Option<Spread>,
    than_one_statement: Option<Spread>,
}

impl Metric {
    /// Its name with the unit.
    fn title(self) -> &'static str {
        match self {
            Self::MessagesPerSecond => "durable messages/s",
            Self::SentPerSecond => "messages/s to the provider",
            Self::ProviderP50Ms => "POST → provider p50 ms",
            Self::ProviderP99Ms => "POST → provider p99 ms",
            Self::LeaveP50Ms => "answer → provider p50 ms",
            Self::LeaveP99Ms => "answer → provider p99 ms",
            Self::ServerCpuUs => "server CPU µs/message",
            Self::DatabaseCpuUs => "database CPU µs/message",
            Self::AnswerP50Ms => "POST → answer p50 ms",
            Self::AnswerP99Ms => "POST → answer p99 ms",
            Self::SocketP50Ms => "POST → socket p50 ms",
            Self::SocketP99Ms => "POST → socket p99 ms",
            Self::DeliveriesPerSecond => "deliveries/s",
            Self::DriverBusyPercent => "driver busy %",
            Self::ResidentMib => "server memory MiB",
            Self::ConnectsPerSecond => "connects/s",
            Self::ConnectCpuUs => "server CPU µs/connect",
            Self::SocketKib => "KiB per socket",
            Self::StartMs => "start → 200 ms",
            Self::RestoreMs => "start → all connected ms",
            Self::PhoneKib => "KiB per phone",
            Self::InstalledMib => "size MiB",
        }
    }
}

impl Table {
    /// All tables that have something in them.
    pub fn all(run: &Run) -> Vec<Self> {
        let peaks = throughput::LISTENERS.map(throughput::peak_case).to_vec();
        let more = [throughput::HALF, throughput::LONE]
            .map(str::to_owned)
            .to_vec();
        let sections = [
            (
                throughput::SECTION,
                "(a) Webhook to socket",
                [peaks, more].concat(),
            ),
            (
                engine::SECTION,
                "(b) The engine alone, without HTTP",
                engine::cases(),
            ),
            (fanout::SECTION, "(c) Fan-out", fanout::cases()),
            (sockets::SECTION, "(d) Idle sockets", sockets::cases()),
            (
                startup::SECTION,
                "(e) Start, memory, size",
                startup::CASES.map(str::to_owned).to_vec(),
            ),
            (
                sending::SECTION,
                "(f) Sending",
                sending::CASES.map(str::to_owned).to_vec(),
            ),
            (
                linked::SECTION,
                "(g) Linked devices",
                linked::CASES.map(str::to_owned).to_vec(),
            ),
        ];
        let mut tables = Vec::new();
        for (section, title, cases) in sections {
            for engine in [Engine::Postgres, Engine::Sqlite] {
                let title = format!("{title}, {}", engine.title());
                tables.push(Self {
                    title,
                    rows: rows(run, section, engine, &cases),
                });
            }
        }
        tables.retain(|table| !table.rows.is_empty());
        tables
    }

    /// The table as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("\n## {}\n\n", self.title);
        text.push_str(
            "| case | | Node plain | Node one statement | Hoopoe | × plain | × one statement |\n",
        );
        text.push_str("|---|---|--:|--:|--:|--:|--:|\n");
        let mut above = "";
        for row in &self.rows {
            let case = if row.case == above { "" } else { &row.case };
            above = &row.case;
            let spreads = [
                row.plain,
                row.one_statement,
                row.hoopoe,
                row.than_plain,
                row.than_one_statement,
            ];
            let [plain, one, hoopoe, than_plain, than_one] = spreads.map(cell);
            let metric = row.metric.title();
            let _infallible = writeln!(
                text,
                "| {case} | {metric} | {plain} | {one} | {hoopoe} | {than_plain} | {than_one} |"
            );
        }
        text
    }
}

fn rows(run: &Run, section: char, engine: Engine, cases: &[String]) -> Vec<Row> {
    let labels = cases.iter().map(|case| Label {
        section,
        stack: None,
        engine,
        case,
    });
    labels
        .flat_map(|label| {
            metrics(run, label)
                .into_iter()
                .map(move |metric| row(run, label, metric))
        })
        .collect()
}

fn row(run: &Run, label: Label<'_>, metric: Metric) -> Row {
    let of = |stack| Label {
        stack: Some(stack),
        ..label
    };
    let (hoopoe, plain, one_statement) =
        (of(Stack::Hoopoe), of(Stack::Plain), of(Stack::OneStatement));
    Row {
        case: label.case.to_owned(),
        metric,
        plain: run.spread(plain, metric),
        one_statement: run.spread(one_statement, metric),
        hoopoe: run
            .spread(hoopoe, metric)
            .or_else(|| run.spread(label, metric)),
        than_plain: run.times_better(hoopoe, plain, metric),
        than_one_statement: run.times_better(hoopoe, one_statement, metric),
    }
}

/// What was measured in a case, whatever the stack, in the order it was noted.
fn metrics(run: &Run, label: Label<'_>) -> Vec<Metric> {
    let mut found = Vec::new();
    for sample in &run.samples {
        let here = sample.section == label.section
            && sample.engine == label.engine
            && sample.case == label.case;
        if here && !found.contains(&sample.metric) {
            found.push(sample.metric);
        }
    }
    found
}

fn cell(spread: Option<Spread>) -> String {
    let Some(Spread { middle, low, high }) = spread else {
        return String::new();
    };
    if low.to_bits() == high.to_bits() {
        return number(middle);
    }
    format!("{} ({}–{})", number(middle), number(low), number(high))
}

/// Three digits that mean something, thousands apart.
pub fn number(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => grouped(crate::numbers::whole(value)),
    }
}

fn grouped(value: u64) -> String {
    if value < 1_000 {
        return value.to_string();
    }
    format!("{},{:03}", grouped(value / 1_000), value % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.123, 12.34, 999.6, 1_234_567.0].map(number),
            ["0.12", "12.3", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn better_is_above_one_whichever_way_the_number_runs() {
        assert_eq!(Metric::MessagesPerSecond.times_better(10.0, 2.0), Some(5.0));
        assert_eq!(Metric::ServerCpuUs.times_better(2.0, 10.0), Some(5.0));
        assert_eq!(Metric::DatabaseCpuUs.times_better(0.0, 0.0), None);
    }
}
