//! Tenants and users.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::{
    Millis,
    ids::{TenantId, UserId},
};

words! {
    /// What a user may do: agents chat, managers also run accounts and the team, admins also settings and people.
    Role {
        /// Everything.
        Admin = "admin",
        /// Chat, accounts, team.
        Manager = "manager",
        /// Chat, on the accounts they are a member of.
        Agent = "agent",
    }
}

/// One organisation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
}

/// A person with a login.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// E-mail address, lower case.
    pub email: String,
    /// Name as colleagues see it.
    pub name: String,
    /// What they may do.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Language of the web app, such as `en` or `pt-BR`.
    pub locale: String,
    /// Whether they are locked out.
    pub disabled: bool,
    /// Unix milliseconds.
    pub created_at: Millis,
}
