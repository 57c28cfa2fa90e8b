//! The goals the project has set itself, each beside what was measured.

use std::fmt::Write as _;

use crate::measure::{Label, Metric, Run, engine, linked, sending, throughput};
use crate::targets::{Engine, Stack};

/// One goal: a number that has to be at least, or at most, `wanted`.
#[derive(Clone)]
struct Goal {
    text: String,
    wanted: f64,
    at_most: bool,
    measured: Option<f64>,
}

/// The goals as a section of the report; empty when nothing of them was measured.
pub fn section(run: &Run) -> String {
    let goals: Vec<Goal> = [Engine::Postgres, Engine::Sqlite]
        .into_iter()
        .flat_map(|engine| {
            [
                goals(run, engine),
                sending_goals(run, engine),
                linked_goals(run, engine),
            ]
            .concat()
        })
        .collect();
    let mut text = String::new();
    for goal in goals {
        let Some(measured) = goal.measured else {
            continue;
        };
        let reached = if goal.at_most {
            measured <= goal.wanted
        } else {
            measured >= goal.wanted
        };
        let (sign, mark) = (
            if goal.at_most { "≤" } else { "≥" },
            if reached { "yes" } else { "**no**" },
        );
        let _infallible = writeln!(
            text,
            "| {} | {sign} {} | {measured:.2} | {mark} |",
            goal.text, goal.wanted
        );
    }
    if text.is_empty() {
        return text;
    }
    format!("\n## Goals\n\n| goal | wanted | measured | reached |\n|---|--:|--:|---|\n{text}")
}

fn goals(run: &Run, engine: Engine) -> Vec<Goal> {
    let (usual, many) = (
        throughput::peak_case(throughput::USUAL),
        throughput::peak_case(100),
    );
    let (plain, one) = match engine {
        Engine::Postgres => (5.0, 2.5),
        Engine::Sqlite => (8.0, 4.0),
    };
    let goal = |text: &str, wanted, measured| Goal {
        text: format!("{}: {text}", engine.title()),
        wanted,
        at_most: false,
        measured,
    };
    let rate = |stack, case: &str| better(run, engine, stack, case, Metric::MessagesPerSecond);
    // With SQLite the engine's work is part of the server's, on both sides; only with PostgreSQL is the server's own share known.
    let own_cpu = (engine == Engine::Postgres)
        .then(|| better(run, engine, Stack::Plain, &usual, Metric::ServerCpuUs))
        .flatten();
    vec![
        goal(
            "messages/s with 10 listeners, times plain",
            plain,
            rate(Stack::Plain, &usual),
        ),
        goal(
            "messages/s with 10 listeners, times one statement",
            one,
            rate(Stack::OneStatement, &usual),
        ),
        goal(
            "messages/s with 100 listeners, times plain",
            3.0,
            rate(Stack::Plain, &many),
        ),
        goal("server CPU per message, plain's over ours", 8.0, own_cpu),
        goal(
            "p99 to the socket at half of plain's peak, plain's over ours",
            4.0,
            better(
                run,
                engine,
                Stack::Plain,
                throughput::HALF,
                Metric::SocketP99Ms,
            ),
        ),
        goal(
            "messages/s without listeners, share of the engine's own limit",
            0.5,
            share_of_engine(run, engine),
        ),
        Goal {
            at_most: true,
            ..goal(
                "lone message p50 ms, over one statement's",
                2.0,
                lone_over(run, engine),
            )
        },
    ]
}

fn sending_goals(run: &Run, engine: Engine) -> Vec<Goal> {
    let of = |stack, case| Label {
        section: sending::SECTION,
        stack: Some(stack),
        engine,
        case,
    };
    let peak = |stack| of(stack, sending::PEAK);
    let times = run.times_better(
        peak(Stack::Hoopoe),
        peak(Stack::Plain),
        Metric::SentPerSecond,
    );
    let idle = run.spread(of(Stack::Hoopoe, sending::IDLE), Metric::LeaveP50Ms);
    vec![
        Goal {
            text: format!(
                "{}: messages/s to the provider, times plain",
                engine.title()
            ),
            wanted: 5.0,
            at_most: false,
            measured: times.map(|times| times.middle),
        },
        Goal {
            text: format!(
                "{}: idle, from the answer to the provider, p50 ms",
                engine.title()
            ),
            wanted: 5.0,
            at_most: true,
            measured: idle.map(|idle| idle.middle),
        },
    ]
}

fn linked_goals(run: &Run, engine: Engine) -> Vec<Goal> {
    let goal = |text: &str, wanted, case, metric| {
        let label = Label {
            section: linked::SECTION,
            stack: Some(Stack::Hoopoe),
            engine,
            case,
        };
        Goal {
            text: format!("{}: {text}", engine.title()),
            wanted,
            at_most: true,
            measured: run.spread(label, metric).map(|spread| spread.middle),
        }
    };
    vec![
        goal(
            "linked devices: KiB per idle phone",
            2048.0,
            linked::IDLE,
            Metric::PhoneKib,
        ),
        goal(
            "linked devices: all phones back, ms after the start",
            15_000.0,
            linked::IDLE,
            Metric::RestoreMs,
        ),
        goal(
            "linked devices: p99 to the screen at 500 messages/s, ms",
            250.0,
            linked::FAST,
            Metric::SocketP99Ms,
        ),
    ]
}

fn middle(run: &Run, engine: Engine, stack: Stack, case: &str, metric: Metric) -> Option<f64> {
    let label = Label {
        section: throughput::SECTION,
        stack: Some(stack),
        engine,
        case,
    };
    run.spread(label, metric).map(|spread| spread.middle)
}

fn better(run: &Run, engine: Engine, than: Stack, case: &str, metric: Metric) -> Option<f64> {
    let of = |stack| Label {
        section: throughput::SECTION,
        stack: Some(stack),
        engine,
        case,
    };
    run.times_better(of(Stack::Hoopoe), of(than), metric)
        .map(|spread| spread.middle)
}

fn share_of_engine(run: &Run, database: Engine) -> Option<f64> {
    let ours = middle(
        run,
        database,
        Stack::Hoopoe,
        &throughput::peak_case(0),
        Metric::MessagesPerSecond,
    )?;
    let label = Label {
        section: engine::SECTION,
        stack: None,
        engine: database,
        case: engine::COMPARED,
    };
    Some(ours / run.spread(label, Metric::MessagesPerSecond)?.middle)
}

fn lone_over(run: &Run, engine: Engine) -> Option<f64> {
    let of = |stack| middle(run, engine, stack, throughput::LONE, Metric::AnswerP50Ms);
    Some(of(Stack::Hoopoe)? - of(Stack::OneStatement)?)
}
