//! Whom a token may be shown to when a file is fetched.

use reqwest::Url;

use super::GraphError;

/// Meta's own domains for files (seen in the field: `lookaside.fbsbx.com`, `mmg.whatsapp.net`, `scontent….fbcdn.net`).
const DOMAINS: [&str; 4] = [".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net"];

/// Lets pass Meta's domains over HTTPS, and the origin of the Graph API itself (which a simulator needs).
pub(super) fn check(url: &Url, graph: &Url) -> Result<(), GraphError> {
    let is_plain = url.username().is_empty() && url.password().is_none();
    if is_plain && (url.origin() == graph.origin() || is_metas(url)) {
        return Ok(());
    }
    Err(GraphError::HostNotAllowed(
        url.origin().ascii_serialization(),
    ))
}

fn is_metas(url: &Url) -> bool {
    let is_https = url.scheme() == "https" && url.port_or_known_default() == Some(443);
    let host = url.host_str().unwrap_or_default();
    is_https
        && DOMAINS
            .iter()
            .any(|domain| host.ends_with(domain) && host.len() > domain.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn metas_own_hosts_are_let_pass_over_https_only() {
        let graph = Url::parse("https://graph.facebook.com").unwrap();
        for host in [
            "lookaside.fbsbx.com",
            "scontent.xx.fbcdn.net",
            "mmg.whatsapp.net",
            "LOOKASIDE.FBSBX.COM:443",
        ] {
            let over = |scheme: &str| Url::parse(&format!("{scheme}://{host}/x?y=1")).unwrap();
            assert!(check(&over("https"), &graph).is_ok(), "{host}");
            assert!(check(&over("http"), &graph).is_err(), "{host}");
        }
    }
}
