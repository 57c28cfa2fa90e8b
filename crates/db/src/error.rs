//! What can go wrong with the database, as far as callers need to tell it apart.

/// Result of every function of this crate.
pub type DbResult<T> = Result<T, DbError>;

/// A failure of the database or of what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The row is not there, or belongs to another tenant: the two are never told apart.
    #[error("not found")]
    NotFound,
    /// A unique value is taken; the text names the field.
    #[error("{0} is already taken")]
    Conflict(&'static str),
    /// The database can't be reached, is full, or is shutting down: trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database was written by a newer version of the program.
    #[error(
        "the database has migration {found}, this program knows up to {known}: start the newer program, or restore an older backup"
    )]
    TooNew {
        /// Newest migration found in the database.
        found: i64,
        /// Newest migration that this program has.
        known: i64,
    },
    /// Stored data can't be read back.
    #[error("stored data can't be read: {0}")]
    Corrupt(String),
    /// Anything else the engine reported.
    #[error(transparent)]
    Sql(sqlx::Error),
}

impl DbError {
    /// Whether trying the same again later may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether the engine refused a duplicate.
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Conflict(_) => true,
            Self::Sql(sqlx::Error::Database(error)) => error.is_unique_violation(),
            _ => false,
        }
    }

    /// Names the field whose unique value is taken, leaving other errors as they are.
    #[must_use]
    pub fn naming(self, field: &'static str) -> Self {
        if self.is_unique_violation() {
            Self::Conflict(field)
        } else {
            self
        }
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            sqlx::Error::Protocol(said) if is_broken_line(said) => {
                Self::Unavailable(error.to_string())
            }
            sqlx::Error::Database(database) if is_transient_code(database.code().as_deref()) => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Sql(error),
        }
    }
}

/// A connection that ends while its encryption is negotiated: sqlx takes the missing byte for an answer (`request_upgrade` in sqlx-postgres 0.9).
fn is_broken_line(said: &str) -> bool {
    said.starts_with("unexpected response from SSLRequest: 0x00")
}

/// SQLite: BUSY 5, LOCKED 6, IOERR 10, FULL 13, CANTOPEN 14 (in the low byte of an extended code). PostgreSQL: classes 08 (connection),
/// 53 (resources, disk full), 57 (operator intervention), 58 (system error), and 40 (serialisation, deadlock).
/// Sources: sqlite.org/rescode.html; PostgreSQL manual, appendix A.
fn is_transient_code(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    if code.len() == 5 {
        return ["08", "53", "57", "58", "40"]
            .iter()
            .any(|class| code.starts_with(class));
    }
    code.parse::<u32>()
        .is_ok_and(|number| matches!(number & 0xff, 5 | 6 | 10 | 13 | 14))
}

impl From<serde_json::Error> for DbError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, PgConnection};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_line_that_ends_before_it_is_encrypted_is_a_database_that_is_away() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Reads what is asked and says nothing: ended by a reset, it would be an error of input and output, which is another case.
        let ending = tokio::spawn(async move {
            let (mut line, _) = listener.accept().await.unwrap();
            let mut asked = [0; 8];
            tokio::io::AsyncReadExt::read_exact(&mut line, &mut asked)
                .await
                .unwrap();
        });
        let url = format!("postgres://somebody@{address}/somewhere");
        let error = PgConnection::connect(&url).await.unwrap_err();
        ending.await.unwrap();
        assert!(matches!(error, sqlx::Error::Protocol(_)), "{error:?}");
        assert!(DbError::from(error).is_transient());
    }
}
