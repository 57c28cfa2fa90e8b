//! The harness. [`feature!`](crate::feature) declares a test that runs on both engines; it gets a [`Server`] of its own, from which
//! everything else comes: an organisation with people, a number and its webhook, and requests in their names.

pub mod line;
mod organisation;
mod person;
pub mod program;
mod server;
pub mod sockets;
pub mod whatsapp;

pub use organisation::{Organisation, sign};
pub use person::{Answer, Person};
pub use server::{NOW, PASSWORD, Server};

/// Declares tests that run on SQLite and on PostgreSQL (where there is a server), each as a test of its own:
/// `feature! { async fn a_sentence(server: Server) { … } }`.
#[macro_export]
macro_rules! feature {
    ($($(#[$meta:meta])* async fn $name:ident($server:ident: Server) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            async fn feature($server: &$crate::support::Server) $body

            #[tokio::test]
            async fn on_sqlite() {
                let server = $crate::support::Server::start(hoopoe_db::testing::sqlite().await).await;
                feature(&server).await;
                server.stop().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(database) = hoopoe_db::testing::postgres().await {
                    let server = $crate::support::Server::start(database).await;
                    feature(&server).await;
                    server.stop().await;
                }
            }
        }
    )* };
}
