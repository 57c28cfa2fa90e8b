//! Making a file fit for WhatsApp: what it can be sent as, smaller pictures, voice notes out of browsers' recordings. Runs on a thread for slow
//! work, within the limits of [`picture`](super::picture).

use std::{fs, io::Cursor, path::Path};

use hoopoe_cloud_api::{
    send::{MediaKind, limits},
    voice,
};
use hoopoe_db::model::UploadKind;
use image::{DynamicImage, RgbImage, codecs::jpeg::JpegEncoder};

use super::picture;

/// Longest side of a picture that is sent, in pixels.
const MAX_SIDE: u32 = 4096;

/// Qualities that are tried until a picture is small enough, of 100.
const QUALITIES: [u8; 4] = [88, 80, 70, 55];

/// Longest recording that is made a voice note: it is held in memory meanwhile.
const MAX_RECORDING: u64 = 32 * 1024 * 1024;

/// A file as it will be sent.
#[derive(Debug)]
pub(super) struct Prepared {
    /// As what.
    pub kind: UploadKind,
    /// MIME type.
    pub mime: String,
    /// Its content, where it is another one now.
    pub content: Option<Vec<u8>>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Length of sound in milliseconds.
    pub duration_ms: Option<i64>,
    /// A small picture, and the ending that says what it is.
    pub thumbnail: Option<(Vec<u8>, &'static str)>,
}

/// Why a file can't be sent.
#[derive(Debug)]
pub(super) enum Unfit {
    /// WhatsApp would not take it; the words are for people.
    Refused(String),
    /// It could not be read.
    Failed(std::io::Error),
}

impl From<std::io::Error> for Unfit {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Prepared {
    fn as_is(kind: UploadKind, mime: &str) -> Self {
        Self {
            kind,
            mime: mime.to_owned(),
            content: None,
            width: None,
            height: None,
            duration_ms: None,
            thumbnail: None,
        }
    }
}

/// Prepares a file of this MIME type.
pub(super) fn prepare(path: &Path, mime: &str) -> Result<Prepared, Unfit> {
    let size = fs::metadata(path)?.len();
    match mime {
        "image/heic" | "image/heif" | "image/heic-sequence" | "image/avif" => Err(Unfit::Refused(
            "WhatsApp takes no pictures of this kind (HEIC): save it as JPEG first".to_owned(),
        )),
        "image/jpeg" | "image/png" => picture(path, mime, size),
        "image/webp" => webp(path, size),
        "video/webm" | "audio/webm" => recording(path, mime, size),
        "audio/ogg" => ogg(path, size),
        _ => by_rule(mime, size),
    }
}

/// As what WhatsApp shows it, if it is small enough; else as a document.
fn by_rule(mime: &str, size: u64) -> Result<Prepared, Unfit> {
    let kind = match MediaKind::for_mime(mime) {
        MediaKind::Video if size <= limits::VIDEO_BYTES => UploadKind::Video,
        MediaKind::Audio if size <= limits::AUDIO_BYTES => UploadKind::Audio,
        _ => UploadKind::Document,
    };
    let rule = MediaKind::Document.rule();
    rule.check(mime, size)
        .map_err(|invalid| Unfit::Refused(invalid.reason))?;
    Ok(Prepared::as_is(kind, mime))
}

fn picture(path: &Path, mime: &str, size: u64) -> Result<Prepared, Unfit> {
    let Some(seen) = picture::read(path, mime) else {
        return Err(Unfit::Refused("the picture is damaged".to_owned()));
    };
    let fits = size <= limits::IMAGE_BYTES && seen.width <= MAX_SIDE && seen.height <= MAX_SIDE;
    let mut prepared = Prepared {
        width: Some(i64::from(seen.width)),
        height: Some(i64::from(seen.height)),
        thumbnail: seen.thumbnail,
        ..Prepared::as_is(UploadKind::Image, mime)
    };
    if !fits {
        let small = shrink(path, mime)?;
        prepared.width = Some(i64::from(small.width));
        prepared.height = Some(i64::from(small.height));
        prepared.content = Some(small.jpeg);
        "image/jpeg".clone_into(&mut prepared.mime);
    }
    Ok(prepared)
}

/// A sticker, if it has a sticker's form; else a picture, which WhatsApp takes as JPEG only.
fn webp(path: &Path, size: u64) -> Result<Prepared, Unfit> {
    let mime = "image/webp";
    let Some(seen) = picture::read(path, mime) else {
        return Err(Unfit::Refused("the picture is damaged".to_owned()));
    };
    let side = limits::STICKER_PIXELS;
    let is_sticker =
        (seen.width, seen.height) == (side, side) && size <= limits::ANIMATED_STICKER_BYTES;
    if is_sticker {
        return Ok(Prepared {
            width: Some(i64::from(seen.width)),
            height: Some(i64::from(seen.height)),
            thumbnail: seen.thumbnail,
            ..Prepared::as_is(UploadKind::Sticker, mime)
        });
    }
    let small = shrink(path, mime)?;
    Ok(Prepared {
        width: Some(i64::from(small.width)),
        height: Some(i64::from(small.height)),
        content: Some(small.jpeg),
        thumbnail: seen.thumbnail,
        ..Prepared::as_is(UploadKind::Image, "image/jpeg")
    })
}

struct Small {
    jpeg: Vec<u8>,
    width: u32,
    height: u32,
}

/// The picture as a JPEG within the limits, the way up that it is shown.
fn shrink(path: &Path, mime: &str) -> Result<Small, Unfit> {
    let too_large = || {
        Unfit::Refused(
            "the picture is too large to be made smaller: at most 50 megapixels".to_owned(),
        )
    };
    let mut whole = picture::decode(path, mime).ok_or_else(too_large)?;
    if whole.width() > MAX_SIDE || whole.height() > MAX_SIDE {
        whole = whole.resize(MAX_SIDE, MAX_SIDE, image::imageops::FilterType::Triangle);
    }
    let flat = on_white(&whole);
    for quality in QUALITIES {
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(Cursor::new(&mut jpeg), quality);
        if flat.write_with_encoder(encoder).is_err() {
            return Err(Unfit::Refused("the picture is damaged".to_owned()));
        }
        if u64::try_from(jpeg.len()).is_ok_and(|length| length <= limits::IMAGE_BYTES) {
            return Ok(Small {
                jpeg,
                width: flat.width(),
                height: flat.height(),
            });
        }
    }
    Err(too_large())
}

/// JPEG is not see-through: what is, lies on white, as people see it.
fn on_white(whole: &DynamicImage) -> RgbImage {
    if !whole.color().has_alpha() {
        return whole.to_rgb8();
    }
    let blend = |color: u8, alpha: u8| {
        let (color, alpha) = (u16::from(color), u16::from(alpha));
        let mixed = (color * alpha + 255 * (255 - alpha)) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    let source = whole.to_rgba8();
    let mut flat = RgbImage::new(source.width(), source.height());
    for (target, pixel) in flat.pixels_mut().zip(source.pixels()) {
        let [red, green, blue, alpha] = pixel.0;
        target.0 = [blend(red, alpha), blend(green, alpha), blend(blue, alpha)];
    }
    flat
}

/// What browsers record: Opus in WebM becomes Opus in OGG, a voice note. Other WebM goes as a document.
fn recording(path: &Path, mime: &str, size: u64) -> Result<Prepared, Unfit> {
    if size > MAX_RECORDING {
        return by_rule(mime, size);
    }
    match voice::webm_opus_to_ogg(&fs::read(path)?) {
        Ok(note) => Ok(Prepared {
            duration_ms: i64::try_from(note.duration_ms).ok(),
            content: Some(note.bytes),
            ..Prepared::as_is(UploadKind::Voice, "audio/ogg")
        }),
        Err(error) if mime == "audio/webm" => Err(Unfit::Refused(format!(
            "the recording can't be sent: {error}"
        ))),
        Err(_) => by_rule(mime, size),
    }
}

/// Opus in OGG is a voice note; WhatsApp takes no other sound in OGG.
fn ogg(path: &Path, size: u64) -> Result<Prepared, Unfit> {
    if size > limits::AUDIO_BYTES {
        return by_rule("application/ogg", size);
    }
    let duration = voice::ogg_opus_duration_ms(&fs::read(path)?);
    let Some(duration) = duration else {
        return by_rule("application/ogg", size);
    };
    Ok(Prepared {
        duration_ms: i64::try_from(duration).ok(),
        ..Prepared::as_is(UploadKind::Voice, "audio/ogg")
    })
}

/// The name with the ending of what the file has become.
pub(super) fn rename(name: &str, mime: &str) -> String {
    let (ending, known): (&str, &[&str]) = match mime {
        "image/jpeg" => ("jpg", &["jpg", "jpeg", "jpe", "jfif"]),
        "audio/ogg" => ("ogg", &["ogg", "oga", "opus"]),
        _ => return name.to_owned(),
    };
    let (stem, held) = name.rsplit_once('.').unwrap_or((name, ""));
    if known.contains(&held.to_ascii_lowercase().as_str()) {
        return name.to_owned();
    }
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use image::{ImageFormat, RgbaImage};

    use super::*;

    fn written(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        file
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        picture.save_with_format(file.path(), format).unwrap();
        file
    }

    #[test]
    fn a_picture_with_too_many_pixels_becomes_a_smaller_jpeg() {
        let file = encoded(&DynamicImage::new_rgba8(5000, 1000), ImageFormat::Png);
        let prepared = prepare(file.path(), "image/png").unwrap();
        assert_eq!(
            (prepared.kind, prepared.mime.as_str()),
            (UploadKind::Image, "image/jpeg")
        );
        let jpeg = image::load_from_memory(&prepared.content.unwrap()).unwrap();
        assert_eq!((jpeg.width(), jpeg.height()), (4096, 819));
        assert_eq!(prepared.width, Some(4096));
        assert_eq!(
            jpeg.to_rgb8().get_pixel(5, 5).0,
            [255, 255, 255],
            "see-through is white"
        );
    }

    #[test]
    fn a_picture_that_fits_stays_as_it_is() {
        let file = encoded(&DynamicImage::new_rgb8(640, 480), ImageFormat::Jpeg);
        let prepared = prepare(file.path(), "image/jpeg").unwrap();
        assert!(prepared.content.is_none() && prepared.thumbnail.is_some());
    }

    #[test]
    fn webp_is_a_sticker_or_becomes_a_jpeg() {
        let of = |side| {
            encoded(
                &DynamicImage::from(RgbaImage::new(side, side)),
                ImageFormat::WebP,
            )
        };
        assert_eq!(
            prepare(of(512).path(), "image/webp").unwrap().kind,
            UploadKind::Sticker
        );
        let picture = prepare(of(300).path(), "image/webp").unwrap();
        assert_eq!(
            (picture.kind, picture.mime.as_str()),
            (UploadKind::Image, "image/jpeg")
        );
    }

    #[test]
    fn what_whatsapp_does_not_show_goes_as_a_document_and_what_it_refuses_says_why() {
        let file = written(b"hello");
        for mime in [
            "application/pdf",
            "video/quicktime",
            "image/gif",
            "text/csv",
            "audio/flac",
        ] {
            assert_eq!(
                prepare(file.path(), mime).unwrap().kind,
                UploadKind::Document,
                "{mime}"
            );
        }
        assert_eq!(
            prepare(file.path(), "video/mp4").unwrap().kind,
            UploadKind::Video
        );
        let refused = prepare(file.path(), "image/heic").unwrap_err();
        assert!(matches!(refused, Unfit::Refused(reason) if reason.contains("HEIC")));
        assert!(
            prepare(file.path(), "image/jpeg").is_err(),
            "a damaged picture"
        );
    }

    #[test]
    fn a_recording_of_a_browser_becomes_a_voice_note() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cloud-api/tests/voice");
        let prepared = prepare(&folder.join("trimmed.webm"), "audio/webm").unwrap();
        assert_eq!(
            (prepared.kind, prepared.mime.as_str()),
            (UploadKind::Voice, "audio/ogg")
        );
        assert!(prepared.content.unwrap().starts_with(b"OggS"));
    }

    #[test]
    fn names_follow_what_the_file_has_become() {
        assert_eq!(rename("photo.PNG", "image/jpeg"), "photo.jpg");
        assert_eq!(rename("photo.JPEG", "image/jpeg"), "photo.JPEG");
        assert_eq!(rename("note.webm", "audio/ogg"), "note.ogg");
        assert_eq!(rename("plan.pdf", "application/pdf"), "plan.pdf");
    }
}
