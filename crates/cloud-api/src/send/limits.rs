//! Meta's limits, by name. Lengths are in characters (Unicode scalar values), sizes in bytes.
//!
//! Used by the checks beside it, and by whoever shows a limit before it is overrun.

/// Body of a text message.
pub const TEXT: usize = 4096;
/// Caption of an image, a video or a document.
pub const CAPTION: usize = 1024;
/// Name of a document. Ours: Meta gives none, file systems do.
pub const FILENAME: usize = 240;
/// `biz_opaque_callback_data`.
pub const CALLBACK: usize = 512;
/// A web address.
pub const URL: usize = 2000;
/// Name or address of a place; a value on an address card. Ours: Meta gives none.
pub const LINE: usize = 1000;
/// Address cards in one message.
pub const CARDS: usize = 257;
/// Characters of one emoji: a family of four with skin colours has eleven.
pub const EMOJI: usize = 16;

/// Body of an interactive message, except for lists.
pub const INTERACTIVE_BODY: usize = 1024;
/// Body of a list message.
pub const LIST_BODY: usize = 4096;
/// Text header.
pub const HEADER: usize = 60;
/// Footer.
pub const FOOTER: usize = 60;
/// Reply buttons.
pub const BUTTONS: usize = 3;
/// Title of a reply button; also what opens a list, and what a link says.
pub const BUTTON_TITLE: usize = 20;
/// Id of a reply button.
pub const BUTTON_ID: usize = 256;
/// Sections of a list.
pub const SECTIONS: usize = 10;
/// Rows of a list, all sections together.
pub const ROWS: usize = 10;
/// Title of a section.
pub const SECTION_TITLE: usize = 24;
/// Title of a row.
pub const ROW_TITLE: usize = 24;
/// Second line of a row.
pub const ROW_DESCRIPTION: usize = 72;
/// Id of a row.
pub const ROW_ID: usize = 200;

/// Name of a template.
pub const TEMPLATE_NAME: usize = 512;
/// Values of a template's body together, when it has other parts.
pub const TEMPLATE_BODY: usize = 1024;
/// Values of a template's body together, when the body is all there is.
pub const TEMPLATE_BODY_ALONE: usize = 32_768;
/// Parts of a template: header, body, footer, buttons, and room for kinds to come.
pub const TEMPLATE_PARTS: usize = 8;
/// Text of a template's body.
pub const TEMPLATE_TEXT: usize = 1024;
/// Label of a template's button.
pub const TEMPLATE_BUTTON: usize = 25;
/// Number that a template's button calls.
pub const TEMPLATE_PHONE: usize = 20;
/// Buttons of a template.
pub const TEMPLATE_BUTTONS: usize = 10;
/// The value hidden behind a template's quick-reply button.
pub const PAYLOAD: usize = 128;
/// A coupon code.
pub const COUPON: usize = 15;

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// An image.
pub const IMAGE_BYTES: u64 = 5 * MB;
/// A video.
pub const VIDEO_BYTES: u64 = 16 * MB;
/// A sound or a voice note.
pub const AUDIO_BYTES: u64 = 16 * MB;
/// A document.
pub const DOCUMENT_BYTES: u64 = 100 * MB;
/// A sticker that does not move.
pub const STICKER_BYTES: u64 = 100 * KB;
/// A sticker that moves.
pub const ANIMATED_STICKER_BYTES: u64 = 500 * KB;
/// Width and height of a sticker, in pixels.
pub const STICKER_PIXELS: u32 = 512;
/// Voice notes up to this size show as such; larger ones as a file to download.
pub const VOICE_NOTE_BYTES: u64 = 512 * KB;
