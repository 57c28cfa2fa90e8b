//! Meta's JSON as it is written, read so that nothing in it can fail beyond its own place.
//!
//! Called by the decoders in [`crate::webhook`], which turn these into [`crate::update`]. Every leaf takes whatever
//! comes ([`loose`]); every list whose elements stand for an update keeps them as raw text, so that one bad element
//! leaves its neighbours alone. Field names are from the Meta webhook reference; both spellings are read where
//! sources disagree, each as a field of its own, since an alias would make "both" an error.

#![expect(clippy::struct_field_names, reason = "the names are Meta's")]

pub(crate) mod envelope;
pub(crate) mod loose;
pub(crate) mod message;
pub(crate) mod status;
