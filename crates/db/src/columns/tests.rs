//! Rows as parameters: what becomes of a row's members, and that both engines read back what was handed in.

use serde::Serialize;

use super::{Bind, ColumnName, Kind, Parameters, Rows, Value, split};
use crate::{
    Db, DbError, contract,
    sql::{Statement, batch, execute, fetch_all, fetch_one},
    testing,
};

/// A statement of these columns, as far as they are asked for.
struct Columns(&'static [ColumnName]);

impl Statement for Columns {
    fn sqlite(&self, _rows: usize) -> &'static str {
        ""
    }
    fn postgres(&self) -> &'static str {
        ""
    }
    fn columns(&self) -> &'static [ColumnName] {
        self.0
    }
}

const ID_N_ON: Columns = Columns(&[
    ColumnName {
        name: "id",
        kind: Kind::Text,
    },
    ColumnName {
        name: "n",
        kind: Kind::BigInt,
    },
    ColumnName {
        name: "is_on",
        kind: Kind::Boolean,
    },
]);

fn cells(rows: &[impl Serialize]) -> Vec<Vec<Value>> {
    let columns = split::<Vec<Value>>(rows, &ID_N_ON).unwrap();
    columns.into_iter().map(|column| column.cells).collect()
}

fn refused(rows: &[impl Serialize]) -> String {
    split::<Vec<Value>>(rows, &ID_N_ON).unwrap_err().to_string()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[derive(Serialize)]
struct Whole<'a> {
    id: &'a str,
    n: Option<i64>,
    is_on: bool,
}

#[test]
fn cells_stand_in_their_columns_and_none_is_null() {
    let rows = [
        Whole {
            id: "a",
            n: Some(1),
            is_on: true,
        },
        Whole {
            id: "",
            n: None,
            is_on: false,
        },
    ];
    let expected = [
        vec![text("a"), text("")],
        vec![Value::Number(1), Value::Null],
        vec![Value::Number(1), Value::Number(0)],
    ];
    assert_eq!(cells(&rows), expected);
}

#[test]
fn flattened_structs_missing_members_and_unknown_ones_find_their_way() {
    #[derive(Serialize)]
    struct Inner {
        is_on: bool,
        unasked: [u8; 2],
    }
    #[derive(Serialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
        id: &'static str,
    }
    let row = |is_on| Outer {
        inner: Inner {
            is_on,
            unasked: [1, 2],
        },
        id: "a",
    };
    let expected = [
        vec![text("a"), text("a")],
        vec![Value::Null, Value::Null],
        vec![Value::Number(1), Value::Number(0)],
    ];
    assert_eq!(cells(&[row(true), row(false)]), expected);
}

#[test]
fn a_row_without_a_member_that_the_others_have_is_null_there_only() {
    #[derive(Serialize)]
    struct Sparse {
        id: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        n: Option<i64>,
    }
    let rows = [
        Sparse {
            id: "a",
            n: Some(1),
        },
        Sparse { id: "b", n: None },
        Sparse {
            id: "c",
            n: Some(3),
        },
    ];
    let numbers = &cells(&rows)[1];
    assert_eq!(*numbers, [Value::Number(1), Value::Null, Value::Number(3)]);
}

#[test]
fn values_of_the_wrong_kind_are_refused() {
    #[derive(Serialize)]
    struct Row<T> {
        n: T,
    }
    assert!(refused(&[Row { n: "1" }]).contains("n is bigint, not text"));
    assert!(refused(&[Row { n: true }]).contains("n is bigint, not boolean"));
    assert!(refused(&[Row { n: 0.5 }]).contains("not a value of a row"));
    assert!(refused(&[Row { n: vec![1] }]).contains("not a value of a row"));
    assert!(refused(&[Row { n: u64::MAX }]).contains("out of range"));
    assert!(refused(&["no row"]).contains("not a value of a row"));
    assert_eq!(cells(&[Row { n: 7_u32 }])[1], [Value::Number(7)]);
}

#[derive(Serialize)]
struct Nameless {
    id: Option<&'static str>,
}

#[test]
fn a_first_column_that_is_null_is_refused_on_sqlite() {
    let rows = [Nameless { id: Some("a") }, Nameless { id: None }];
    let mut parameters = Parameters::<sqlx::Sqlite>::default();
    let error = Rows(&rows).bind(&mut parameters, &ID_N_ON).unwrap_err();
    assert!(error.to_string().contains("never NULL"), "{error}");
}

#[test]
fn more_rows_than_sqlite_has_places_for_are_one_parameter() {
    use sqlx::Arguments as _;
    for (rows, parameters) in [(1, 3), (5, 48), (256, 768), (257, 1)] {
        let held: Vec<Whole> = (0..rows)
            .map(|n| Whole {
                id: "a",
                n: Some(n),
                is_on: true,
            })
            .collect();
        let mut to = Parameters::<sqlx::Sqlite>::default();
        Rows(&held).bind(&mut to, &ID_N_ON).unwrap();
        assert_eq!(to.arguments.len(), parameters, "{rows} rows");
    }
}

batch!(
    WRITE,
    "INSERT INTO trial (id, n, is_on, said, at)
     SELECT r.id, r.n, r.is_on, r.said, $2 FROM {rows: id TEXT, n BIGINT, is_on BOOLEAN, said TEXT} WHERE true"
);

batch!(
    READ,
    "SELECT t.id, t.n, t.is_on, t.said FROM {rows: id TEXT} JOIN trial t ON t.id = r.id WHERE t.at = $2 ORDER BY t.id"
);

#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
struct Trial {
    id: String,
    n: Option<i64>,
    is_on: bool,
    said: Option<String>,
}

/// Every third row has NULLs; texts hold what JSON and SQL would have to escape.
fn trials(count: i64) -> Vec<Trial> {
    let trial = |n| Trial {
        id: format!("{n:04}"),
        n: (n % 3 > 0).then_some(i64::MAX - n),
        is_on: n % 2 == 0,
        said: (n % 3 > 0).then(|| format!("„{n}“ '\"\\ 🦤\n")),
    };
    (0..count).map(trial).collect()
}

async fn round_trip(db: &Db, count: i64) -> Result<(), DbError> {
    let rows = trials(count);
    let mut tx = db.begin().await?;
    let written = execute!(&mut tx, &WRITE, Rows(&rows), count)?;
    assert_eq!(i64::try_from(written).unwrap(), count);
    let read = fetch_all!(&mut tx, Trial, &READ, Rows(&rows), count)?;
    assert_eq!(read, rows, "{count} rows");
    execute!(&mut tx, "DELETE FROM trial")?;
    tx.commit(testing::NOW).await.map(drop)
}

contract! {
    async fn any_number_of_rows_is_read_back_as_it_was_written(db: Db) {
        testing::sql(&db, "CREATE TABLE trial (id TEXT PRIMARY KEY, n BIGINT, is_on BOOLEAN NOT NULL, said TEXT, at BIGINT NOT NULL)").await;
        for count in [0, 1, 5, 64, 257, 1000] {
            round_trip(&db, count).await.unwrap();
        }
        let mut reader = db.read().await.unwrap();
        let (left,) = fetch_one!(&mut reader, (i64,), "SELECT count(*) FROM trial").map_err(|error: DbError| error).unwrap();
        assert_eq!(left, 0);
    }
}
