//! Ids are told apart by shape before anything else.

use hoopoe_cloud_api::digest::sha256_hex;
use hoopoe_cloud_api::ids::{CustomerIds, is_bsuid, is_parent_bsuid};

#[test]
fn bsuids_are_recognised_by_shape() {
    let longest = format!("US.{}", "a".repeat(128));
    for good in [
        "US.13491208655302741918",
        "MX.a",
        "BR.ENT.9zZ",
        "DE.ENT",
        longest.as_str(),
    ] {
        assert!(is_bsuid(good), "{good}");
    }
    let too_long = format!("US.{}", "a".repeat(129));
    for bad in [
        "",
        "US.",
        "us.1",
        "USA.1",
        "U.1",
        "US1",
        "US.1.2",
        "US.ENT.",
        "US.ä",
        "16505551234",
        "US.1 ",
        &too_long,
    ] {
        assert!(!is_bsuid(bad), "{bad}");
    }
}

#[test]
fn parent_bsuids_are_told_from_plain_ones() {
    assert!(is_parent_bsuid("US.ENT.42"));
    assert!(!is_parent_bsuid("US.ENT42"));
    assert!(!is_parent_bsuid("US.42"));
}

#[test]
fn phone_field_takes_digits_in_any_spelling_and_nothing_else() {
    for (written, read) in [
        ("16505551234", Some("16505551234")),
        ("+1 (650) 555-1234", Some("16505551234")),
        ("", None),
        ("   ", None),
        ("+", None),
        ("status@broadcast", None),
    ] {
        let mut ids = CustomerIds::default();
        ids.add_phone_field(Some(written));
        assert_eq!(ids.wa_id.as_deref(), read, "{written}");
    }
}

#[test]
fn bsuid_in_a_phone_field_is_a_bsuid() {
    let mut ids = CustomerIds::default();
    ids.add_phone_field(Some("BR.5511"));
    ids.add_phone_field(Some("BR.ENT.77"));
    assert_eq!(ids.wa_id, None);
    assert_eq!(ids.bsuid.as_deref(), Some("BR.5511"));
    assert_eq!(ids.parent_bsuid.as_deref(), Some("BR.ENT.77"));
}

#[test]
fn username_comes_without_its_sign_and_identifies_nobody() {
    let mut ids = CustomerIds::default();
    ids.add_username(Some("@pablo"));
    ids.add_profile_name(Some("Pablo"));
    assert_eq!(ids.username.as_deref(), Some("pablo"));
    assert!(ids.is_anonymous());
    ids.add_user_id_field(Some("MX.1"));
    assert!(!ids.is_anonymous());
}

#[test]
fn digests_are_read_in_hex_and_in_base64() {
    let hex = "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0";
    assert_eq!(sha256_hex(hex).as_deref(), Some(hex));
    assert_eq!(sha256_hex(&hex.to_uppercase()).as_deref(), Some(hex));
    for base64 in [
        "mDSHbc+wXLFnpcJJU+uljErImxrfV/KPL50JrxB+6PA=",
        "mDSHbc-wXLFnpcJJU-uljErImxrfV_KPL50JrxB-6PA",
    ] {
        assert_eq!(sha256_hex(base64).as_deref(), Some(hex), "{base64}");
    }
    for nonsense in ["", "abc", "not a digest at all", &hex[..62]] {
        assert_eq!(sha256_hex(nonsense), None, "{nonsense}");
    }
}
