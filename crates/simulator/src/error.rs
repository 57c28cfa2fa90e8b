//! What can go wrong when the simulated world is told to do something.
//! Returned by `Simulator`'s methods and turned into HTTP 400/404 by the admin API.

use std::fmt;

/// A mistake of whoever drives the simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimError {
    /// No business number with this phone number id.
    UnknownNumber(String),
    /// No customer with this id, phone number or user id.
    UnknownCustomer(String),
    /// No message with this id (any more).
    UnknownMessage(String),
    /// No message template with this id.
    UnknownTemplate(String),
    /// No app with this index.
    UnknownApp(usize),
    /// The verification handshake failed, with the reason.
    Handshake(String),
    /// The request does not make sense, with the reason.
    Invalid(String),
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownNumber(id) => write!(f, "no business number {id}"),
            Self::UnknownCustomer(id) => write!(f, "no customer {id}"),
            Self::UnknownMessage(id) => write!(f, "no message {id}"),
            Self::UnknownTemplate(id) => write!(f, "no template {id}"),
            Self::UnknownApp(index) => write!(f, "no app number {index}"),
            Self::Handshake(reason) => write!(f, "callback verification failed: {reason}"),
            Self::Invalid(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for SimError {}
