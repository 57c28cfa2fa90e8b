//! Error codes: every code of the table is classified and has words of its own.

use hoopoe_cloud_api::errors::ErrorClass::{
    Account, NeedsTemplate, Reauth, Recipient, Request, Retry, Unknown,
};
use hoopoe_cloud_api::errors::{ErrorClass, classify, plain_words};
use hoopoe_cloud_api::update::ProviderError;

const TABLE: [(ErrorClass, &[i64]); 6] = [
    (
        Retry,
        &[
            1, 2, 4, 80007, 130_429, 131_000, 131_016, 131_056, 131_057, 131_048,
        ],
    ),
    (Reauth, &[0, 190, 463, 3, 10, 200, 250, 299, 131_005]),
    (NeedsTemplate, &[131_047]),
    (
        Recipient,
        &[
            131_026, 131_021, 131_030, 131_050, 130_472, 131_049, 130_497, 131_062, 137_000,
        ],
    ),
    (
        Request,
        &[
            100, 33, 131_008, 131_009, 131_051, 131_052, 131_053, 131_064, 132_018, 132_000,
            132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_068, 132_069,
            135_000,
        ],
    ),
    (
        Account,
        &[
            368, 131_031, 131_037, 131_042, 131_044, 131_045, 131_063, 133_010, 139_200,
        ],
    ),
];

#[test]
fn every_known_code_has_its_class() {
    for (class, codes) in TABLE {
        for code in codes {
            assert_eq!(classify(*code), class, "{code}");
        }
    }
}

#[test]
fn every_known_code_has_plain_words_of_its_own() {
    let unknown = plain_words(-1);
    for code in TABLE.iter().flat_map(|(_, codes)| codes.iter()) {
        assert_ne!(plain_words(*code), unknown, "{code}");
    }
}

#[test]
fn other_codes_are_unknown() {
    for code in [
        -1,
        5,
        199,
        300,
        131_046,
        132_002,
        999_999,
        i64::MIN,
        i64::MAX,
    ] {
        assert_eq!(classify(code), Unknown, "{code}");
    }
}

#[test]
fn an_error_without_a_code_is_unknown_and_not_a_bad_token() {
    assert_eq!(ProviderError::default().class(), Unknown);
    let expired = ProviderError {
        code: Some(0),
        ..ProviderError::default()
    };
    assert_eq!(expired.class(), Reauth);
}
