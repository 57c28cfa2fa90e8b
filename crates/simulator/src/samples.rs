//! Small media files that come with the simulator: pictures, voice notes, a film, a sticker, an invoice.
//! Used by the demo script, the phone page and tests. `media/README.md` tells how they were made.

use bytes::Bytes;

use crate::Outgoing;

/// What a sample is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleKind {
    /// A picture.
    Image,
    /// A voice note.
    Voice,
    /// A film.
    Video,
    /// A document.
    Document,
    /// A sticker.
    Sticker,
}

impl SampleKind {
    /// The word the admin API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// One sample file.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Name by which it is asked for.
    pub name: &'static str,
    /// What it shows or says.
    pub label: &'static str,
    /// What it is sent as.
    pub kind: SampleKind,
    /// MIME type.
    pub mime: &'static str,
    /// File name.
    pub filename: &'static str,
    /// The file.
    pub bytes: &'static [u8],
}

macro_rules! sample {
    ($constant:ident, $name:literal, $label:literal, $kind:ident, $mime:literal, $file:literal) => {
        #[doc = $label]
        pub const $constant: Sample = Sample {
            name: $name,
            label: $label,
            kind: SampleKind::$kind,
            mime: $mime,
            filename: $file,
            bytes: include_bytes!(concat!("../media/", $file)),
        };
    };
}

sample!(
    POTTED_FERN,
    "potted_fern",
    "A fern in a terracotta pot",
    Image,
    "image/jpeg",
    "potted_fern.jpg"
);
sample!(
    WILTING_PLANT,
    "wilting_plant",
    "A plant with yellow leaves",
    Image,
    "image/jpeg",
    "wilting_plant.jpg"
);
sample!(
    DAMAGED_PARCEL,
    "damaged_parcel",
    "A torn parcel",
    Image,
    "image/jpeg",
    "damaged_parcel.jpg"
);
sample!(
    BALCONY_SUNSET,
    "balcony_sunset",
    "A balcony at sunset",
    Image,
    "image/jpeg",
    "balcony_sunset.jpg"
);
sample!(
    SUCCULENTS,
    "succulents",
    "Succulents from above",
    Image,
    "image/png",
    "succulents.png"
);
sample!(
    VOICE_NOTE_EN,
    "voice_note_en",
    "“The parcel arrived”",
    Voice,
    "audio/ogg; codecs=opus",
    "voice_note_en.ogg"
);
sample!(
    VOICE_NOTE_ES,
    "voice_note_es",
    "“¿A qué hora abren?”",
    Voice,
    "audio/ogg; codecs=opus",
    "voice_note_es.ogg"
);
sample!(
    VOICE_NOTE_PT,
    "voice_note_pt",
    "“Entregam no sábado?”",
    Voice,
    "audio/ogg; codecs=opus",
    "voice_note_pt.ogg"
);
sample!(
    BALCONY_FILM,
    "balcony_film",
    "Three seconds of evening",
    Video,
    "video/mp4",
    "balcony.mp4"
);
sample!(
    INVOICE,
    "invoice",
    "An invoice of one page",
    Document,
    "application/pdf",
    "invoice.pdf"
);
sample!(
    HOOPOE_STICKER,
    "hoopoe_sticker",
    "A hoopoe with a heart",
    Sticker,
    "image/webp",
    "hoopoe_sticker.webp"
);

/// All samples.
pub const ALL: [Sample; 11] = [
    POTTED_FERN,
    WILTING_PLANT,
    DAMAGED_PARCEL,
    BALCONY_SUNSET,
    SUCCULENTS,
    VOICE_NOTE_EN,
    VOICE_NOTE_ES,
    VOICE_NOTE_PT,
    BALCONY_FILM,
    INVOICE,
    HOOPOE_STICKER,
];

/// The sample of that name.
pub fn find(name: &str) -> Option<Sample> {
    ALL.into_iter().find(|sample| sample.name == name)
}

impl Sample {
    /// The sample as a message.
    pub fn outgoing(&self) -> Outgoing {
        self.captioned(None)
    }

    /// The sample as a message with a caption; voice notes and stickers have none.
    pub fn captioned(&self, caption: Option<&str>) -> Outgoing {
        let bytes = Bytes::from_static(self.bytes);
        let mime = self.mime.to_owned();
        let caption = caption.map(str::to_owned);
        match self.kind {
            SampleKind::Image => Outgoing::Image {
                bytes,
                mime,
                caption,
            },
            SampleKind::Video => Outgoing::Video {
                bytes,
                mime,
                caption,
            },
            SampleKind::Voice => Outgoing::Voice { bytes, mime },
            SampleKind::Document => Outgoing::Document {
                bytes,
                mime,
                filename: Some(self.filename.to_owned()),
                caption,
            },
            SampleKind::Sticker => Outgoing::Sticker {
                bytes,
                mime,
                animated: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_what_it_says_and_small() {
        for sample in ALL {
            let magic: &[u8] = match sample.mime {
                "image/jpeg" => &[0xff, 0xd8, 0xff],
                "image/png" => b"\x89PNG",
                "image/webp" => b"RIFF",
                "application/pdf" => b"%PDF-",
                "video/mp4" => &[0, 0, 0],
                _ => b"OggS",
            };
            assert!(sample.bytes.starts_with(magic), "{}", sample.name);
            assert!(sample.bytes.len() < 60_000, "{}", sample.name);
            assert_eq!(find(sample.name).map(|s| s.label), Some(sample.label));
        }
    }
}
