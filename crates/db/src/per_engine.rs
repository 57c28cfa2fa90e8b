//! A statement that the two engines need in different words: locking rows, claiming jobs.

use crate::sql::Statement;

/// One statement, written for each engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PerEngine {
    /// For SQLite, where a transaction that writes is alone from its beginning.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

impl Statement for PerEngine {
    fn sqlite(&self, _rows: usize) -> &'static str {
        self.sqlite
    }
    fn postgres(&self) -> &'static str {
        self.postgres
    }
}

/// Declares a statement whose rows stay locked until the transaction's end: `locking!(NAME, "SELECT …")`.
macro_rules! locking {
    ($name:ident, $select:literal) => {
        const $name: $crate::per_engine::PerEngine = $crate::per_engine::PerEngine {
            sqlite: $select,
            postgres: concat!($select, " FOR UPDATE"),
        };
    };
}
pub(crate) use locking;
