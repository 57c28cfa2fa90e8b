//! Meta's error codes: what to do about each, and what to tell an agent.
//!
//! Called by the server's `outbox` (retry or not), `accounts` (stop a channel) and by whatever shows a failure. The
//! codes are from Meta's "Cloud API error codes" page; the classes are ours.

use serde::Serialize;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Try again later, slower.
    Retry,
    /// The token is no longer good: stop the account and tell an administrator.
    Reauth,
    /// The 24-hour window is closed: offer a template.
    NeedsTemplate,
    /// This recipient cannot get this message.
    Recipient,
    /// The request is wrong and will stay wrong.
    Request,
    /// The business account is blocked or incomplete: stop the account and tell an administrator.
    Account,
    /// Not in the table.
    Unknown,
}

/// What to do about an error code. Decide on the code, never on the HTTP status or the title.
pub fn classify(code: i64) -> ErrorClass {
    match code {
        1 | 2 | 4 | 80007 | 130_429 | 131_000 | 131_016 | 131_048 | 131_056 | 131_057 => {
            ErrorClass::Retry
        }
        0 | 3 | 10 | 190 | 463 | 200..=299 | 131_005 => ErrorClass::Reauth,
        131_047 => ErrorClass::NeedsTemplate,
        130_472 | 130_497 | 131_021 | 131_026 | 131_030 | 131_049 | 131_050 | 131_062 | 137_000 => {
            ErrorClass::Recipient
        }
        33
        | 100
        | 131_008
        | 131_009
        | 131_051..=131_053
        | 131_064
        | 132_000
        | 132_001
        | 132_005
        | 132_007
        | 132_008
        | 132_012
        | 132_015
        | 132_016
        | 132_018
        | 132_068
        | 132_069
        | 135_000 => ErrorClass::Request,
        368 | 131_031 | 131_037 | 131_042 | 131_044 | 131_045 | 131_063 | 133_010 | 139_200 => {
            ErrorClass::Account
        }
        _ => ErrorClass::Unknown,
    }
}

/// The error in words for an agent: what happened and what can be done, without technical terms.
pub fn plain_words(code: i64) -> &'static str {
    match code {
        131_047 => {
            "More than 24 hours have passed since the customer's last message. Send a template instead."
        }
        131_026 => {
            "The message cannot be delivered: the number may not use WhatsApp, or not an up-to-date version of it."
        }
        131_021 => "A number cannot send messages to itself.",
        131_030 => "The recipient is not on the list of allowed test numbers.",
        131_050 => "The customer has opted out of marketing messages.",
        130_472 | 131_049 => {
            "WhatsApp held this marketing message back for this customer. Wait at least a day."
        }
        130_497 => "Messages to this country are not allowed for this business.",
        131_062 => {
            "This kind of template can only be sent to a phone number, and this customer's is not known."
        }
        137_000 => "This recipient cannot be sent this kind of message.",
        131_056 => {
            "Too many messages to this customer in a short time. Sending slows down by itself."
        }
        4 | 80007 | 130_429 => "Too many messages at once. Sending slows down by itself.",
        131_048 => "WhatsApp limits this number because customers blocked or reported it.",
        131_057 => "The number is under maintenance at WhatsApp. Sending goes on by itself.",
        1 | 2 | 131_000 | 131_016 => "WhatsApp has a temporary problem. Sending goes on by itself.",
        0 | 190 | 463 => {
            "The access token is no longer valid. An administrator must enter a new one."
        }
        3 | 10 | 200..=299 | 131_005 => {
            "The access token lacks a permission. An administrator must enter another one."
        }
        131_051 => "WhatsApp does not support this kind of message.",
        131_052 => "The file the customer sent could not be fetched. Ask them to send it again.",
        131_053 => "The file could not be uploaded. Check its type and size.",
        131_064 => {
            "WhatsApp does not take this template any more today: too many were sent, or it was used wrongly."
        }
        132_000 | 132_012 | 132_018 => "The values given do not fit the template.",
        132_001 => "The template does not exist in this language, or is not approved.",
        132_005 => "The template is too long with these values filled in.",
        132_007 => "The template's text breaks WhatsApp's rules.",
        132_008 | 135_000 => "Something in the message is not as WhatsApp expects it.",
        132_015 => "The template is paused because of poor feedback.",
        132_016 => "The template was disabled because of poor feedback.",
        132_068 | 132_069 => "The form in this message is blocked or limited at WhatsApp.",
        33 | 100 | 131_008 | 131_009 => {
            "WhatsApp refused the request: something in it is missing or wrong."
        }
        368 | 131_031 => {
            "WhatsApp has blocked or limited the business account for breaking its rules."
        }
        131_037 => "The number's display name is not approved yet.",
        131_042 | 131_044 => "There is a problem with the business account's payment method.",
        131_045 | 133_010 => "The number is not registered with WhatsApp.",
        131_063 => "This feature is not available to the business account.",
        139_200 => "WhatsApp does not allow this account to send such messages directly.",
        _ => "WhatsApp reported an error that is not known here.",
    }
}
