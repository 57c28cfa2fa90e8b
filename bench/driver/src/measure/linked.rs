//! (g) Linked devices: what a phone that is kept connected costs, how soon all are back after a restart, and how soon a message is on screen. `WhatsApp`
//! is the mock of the tests. A release build links no phone with it (docs/adr/0013-linked-devices.md), but keeps those connected that are linked: so the
//! build of the tests links them, and the release is measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use crate::args::Args;
use crate::load::board::Board;
use crate::load::listener::Listener;
use crate::load::phones::{Mock, People};
use crate::machine::usage_of;
use crate::measure::stage::PATIENCE;
use crate::measure::{Label, Metric, Run};
use crate::numbers::{count, float, whole};
use crate::targets::hoopoe::{self, Api};
use crate::targets::{Engine, Launched, Place, Stack};

/// Letter of this section.
pub const SECTION: char = 'g';
/// Nobody writes.
pub const IDLE: &str = "idle";
/// One message a second on each phone.
pub const SLOW: &str = "1 message/s each";
/// The rate that is to be held over all phones.
pub const FAST: &str = "500 messages/s over all";
/// All cases in order.
pub const CASES: [&str; 3] = [IDLE, SLOW, FAST];

const PHONES: usize = 100;
/// Messages per second of [`FAST`].
const RATE: f64 = 500.0;
/// Phones that are linked at a time.
const LINKING: usize = 4;
/// Connections over which customers write.
const WRITERS: usize = 8;
/// Longest wait for all phones.
const LONG: Duration = Duration::from_mins(5);
/// Time for a server to come to rest before its memory is read.
const REST: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Whether the programs are there that no other section needs: what took minutes to measure must not be lost for want of them.
pub fn check_programs(args: &Args) -> Result<()> {
    for program in [&args.test_hoopoe, &args.linked_phones] {
        ensure!(
            program.exists(),
            "{} is not there: see bench/README.md, or leave section g out with --only",
            program.display()
        );
    }
    Ok(())
}

/// Links the phones once per database; then the release is started on them in every round.
pub async fn measure(run: &mut Run) -> Result<()> {
    for engine in run.args().engines.clone() {
        let place = run.workshop.place(engine)?;
        let mock = Mock::start(run.args(), &place).await?;
        link_all(run, &place, &mock).await?;
        for round in 1..=run.args().rounds() {
            run.round = round;
            trial(run, engine, &place, &mock).await?;
        }
    }
    Ok(())
}

fn phones(run: &Run) -> usize {
    if run.args().quick {
        PHONES / 10
    } else {
        PHONES
    }
}

fn number(phone: usize) -> String {
    (493_020_000_000 + phone).to_string()
}

fn customer(phone: usize) -> String {
    (4_917_600_000_000 + phone).to_string()
}

async fn link_all(run: &Run, place: &Place, mock: &Mock) -> Result<()> {
    let args = run.args();
    hoopoe::bootstrap(args, place)?;
    let mut launched =
        hoopoe::launch_linked(&run.workshop, place, &args.test_hoopoe, Some(&mock.url))?;
    launched.server.ready(launched.address).await?;
    let mut admin = Api::admin(launched.address).await?;
    let mut linking = JoinSet::new();
    for phone in 0..phones(run) {
        if linking.len() >= LINKING {
            linking.join_next().await.transpose()?.transpose()?;
        }
        let id = admin.begin_link(&format!("Phone {phone}")).await?;
        let (beside, mock) = (admin.again(launched.address).await?, mock.address);
        linking.spawn(link(beside, mock, id, phone));
    }
    while let Some(linked) = linking.join_next().await {
        linked??;
    }
    launched.server.stop();
    Ok(())
}

async fn link(mut admin: Api, mock: SocketAddr, id: String, phone: usize) -> Result<()> {
    let start = Instant::now();
    let code = loop {
        if let Some(code) = admin.qr_code(&id).await? {
            break code;
        }
        ensure!(start.elapsed() < LONG, "no QR code for phone {phone}");
        tokio::time::sleep(LOOK).await;
    };
    let mut people = People::open(mock).await?;
    people.add(&customer(phone)).await?;
    people.add(&number(phone)).await?;
    people.link(&number(phone), &code).await?;
    while !admin.is_connected(&id).await? {
        ensure!(start.elapsed() < LONG, "phone {phone} is not linked");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

async fn trial(run: &mut Run, engine: Engine, place: &Place, mock: &Mock) -> Result<()> {
    let of = |case| Label {
        section: SECTION,
        stack: Some(Stack::Hoopoe),
        engine,
        case,
    };
    let without = without_phones(run, place).await?;
    let start = Instant::now();
    let program = run.args().hoopoe.clone();
    let mut launched = hoopoe::launch_linked(&run.workshop, place, &program, Some(&mock.url))?;
    launched.server.ready(launched.address).await?;
    let mut people = People::open(mock.address).await?;
    while people.active().await? < phones(run) {
        launched.server.check_alive()?;
        ensure!(start.elapsed() < LONG, "not all phones are back");
        tokio::time::sleep(LOOK).await;
    }
    run.note(
        of(IDLE),
        Metric::RestoreMs,
        start.elapsed().as_secs_f64() * 1_000.0,
    );
    tokio::time::sleep(REST).await;
    note_memory(run, of(IDLE), &launched, without);
    let admin = Api::admin(launched.address).await?;
    let board = Arc::new(Board::default());
    let listener = Listener::connect(launched.address, admin.token()).await?;
    let listening = tokio::spawn(listener.run(Arc::clone(&board)));
    let slow = float(count(phones(run)));
    for (case, rate) in [(SLOW, slow), (FAST, RATE)] {
        let cpu = usage_of(launched.server.id()).cpu;
        let (sent, is_whole) = write(run, mock.address, &board, rate).await?;
        let cpu = usage_of(launched.server.id()).cpu.saturating_sub(cpu);
        let per_message = cpu.as_secs_f64() * 1e6 / float(sent.max(1));
        run.note(of(case), Metric::ServerCpuUs, per_message);
        run.note(
            of(case),
            Metric::SocketP50Ms,
            board.to_socket.quantile_ms(0.5),
        );
        run.note(
            of(case),
            Metric::SocketP99Ms,
            board.to_socket.quantile_ms(0.99),
        );
        note_memory(run, of(case), &launched, without);
        if !is_whole {
            run.warn(of(case), "not all messages reached the screen");
        }
    }
    listening.abort();
    launched.server.stop();
    Ok(())
}

/// Resident memory of a server on the same database that keeps no phone connected. Bytes.
async fn without_phones(run: &Run, place: &Place) -> Result<u64> {
    let program = run.args().hoopoe.clone();
    let mut launched = hoopoe::launch_linked(&run.workshop, place, &program, None)?;
    launched.server.ready(launched.address).await?;
    tokio::time::sleep(REST).await;
    let resident = usage_of(launched.server.id()).resident;
    launched.server.stop();
    Ok(resident)
}

fn note_memory(run: &mut Run, label: Label, launched: &Launched, without: u64) {
    let resident = usage_of(launched.server.id()).resident;
    let each = resident.saturating_sub(without) / count(phones(run)).max(1);
    run.note(label, Metric::ResidentMib, float(resident) / 1_048_576.0);
    run.note(label, Metric::PhoneKib, float(each) / 1024.0);
}

/// Customers write at a fixed rate, in turn to each phone; how many messages, and whether all were seen. Open loop: what has to wait counts from when it was due.
async fn write(run: &Run, mock: SocketAddr, board: &Arc<Board>, rate: f64) -> Result<(u64, bool)> {
    board.to_socket.clear();
    // Each phone is written to at the slow rate, too.
    let length = run.args().trial().max(Duration::from_secs(5));
    let amount = whole(rate * length.as_secs_f64());
    let (first, before) = (board.reserve(amount), board.deliveries());
    let (start, phones) = (Instant::now(), phones(run));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let board = Arc::clone(board);
        let mut people = People::open(mock).await?;
        writers.spawn(async move {
            for turn in (count(writer)..amount).step_by(WRITERS) {
                let due = start + Duration::from_secs_f64(float(turn) / rate);
                tokio::time::sleep_until(due.into()).await;
                let (number, phone) = (first + turn, crate::numbers::index(turn) % phones);
                board.sent(number, due);
                let text = format!("BENCH{number:010}");
                people
                    .write(&customer(phone), &self::number(phone), &text)
                    .await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }
    let is_whole = board.reach(before + amount, PATIENCE).await;
    Ok((amount, is_whole))
}
