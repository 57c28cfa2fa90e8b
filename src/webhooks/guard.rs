//! Whom a webhook may reach. An admin of one organisation chooses the address, and the server is what connects: so nothing of the network that the
//! server stands in can be reached, neither by an address nor by a name that leads to one. What was checked is what is connected to.

use std::{
    net::{IpAddr, SocketAddr},
    sync::LazyLock,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

use crate::config::Network;

/// What is not the public internet. Sources: IANA's registries of special-purpose addresses for IPv4 and IPv6.
const PRIVATE: [&str; 24] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/16",
    "64:ff9b::/32",
    "100::/16",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/6",
    "ff00::/8",
];

/// What is never reached, whatever the settings: link-local (where clouds keep the machine's own credentials), unspecified, multicast.
const FORBIDDEN: [&str; 7] = [
    "0.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/3",
    "::/128",
    "fd00:ec2::/32",
    "fe80::/10",
    "ff00::/8",
];

static PRIVATE_NETWORKS: LazyLock<Vec<Network>> = LazyLock::new(|| networks(&PRIVATE));
static FORBIDDEN_NETWORKS: LazyLock<Vec<Network>> = LazyLock::new(|| networks(&FORBIDDEN));

fn networks(list: &[&str]) -> Vec<Network> {
    list.iter().filter_map(|text| text.parse().ok()).collect()
}

/// Whether a webhook may be sent to an address.
pub(super) fn may_reach(address: IpAddr, allow_private: bool) -> bool {
    let address = address.to_canonical();
    let refused = if allow_private {
        &FORBIDDEN_NETWORKS
    } else {
        &PRIVATE_NETWORKS
    };
    !refused.iter().any(|network| network.contains(address))
}

/// Why a webhook may not be sent to an address as it is written, in words. Names are looked at again, each time, when they have been resolved.
pub(super) fn refusal(url: &Url, allow_private: bool) -> Option<&'static str> {
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        "http" => return Some("must begin with https://"),
        _ => return Some("expected an address that begins with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("can't hold a user name or password: the signature proves who sends");
    }
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
    match literal {
        _ if host.is_empty() => Some("expected an address with a host"),
        Ok(address) if !may_reach(address, allow_private) => {
            Some("is an address of a private network, which webhooks may not reach")
        }
        _ => None,
    }
}

/// Resolves names, and leaves out what may not be reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guarded {
    pub(super) allow_private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found
                .iter()
                .copied()
                .filter(|address| may_reach(address.ip(), allow_private))
                .collect();
            if allowed.is_empty() && !found.is_empty() {
                let host = name.as_str();
                return Err(format!(
                    "{host} leads into a private network, which webhooks may not reach"
                )
                .into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_network_of_the_lists_can_be_read() {
        assert_eq!(PRIVATE_NETWORKS.len(), PRIVATE.len());
        assert_eq!(FORBIDDEN_NETWORKS.len(), FORBIDDEN.len());
    }

    #[test]
    fn only_the_public_internet_is_reached() {
        let reached = |address: &str, private: bool| may_reach(address.parse().unwrap(), private);
        for public in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111"] {
            assert!(reached(public, false), "{public}");
        }
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "::1",
            "fc00::1",
            "fd12::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
        ];
        for private in private {
            assert!(!reached(private, false), "{private}");
            assert!(reached(private, true), "{private}");
        }
        let never = [
            "169.254.169.254",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "fe80::1",
            "ff02::1",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
        ];
        for never in never {
            assert!(!reached(never, false) && !reached(never, true), "{never}");
        }
        for tunnel in [
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "::7f00:1",
        ] {
            assert!(
                !reached(tunnel, false),
                "{tunnel} leads to an IPv4 address that it hides"
            );
        }
    }

    #[test]
    fn an_address_is_refused_however_it_is_written() {
        let refused =
            |text: &str, private: bool| refusal(&text.parse().unwrap(), private).is_some();
        for good in ["https://hooks.example.com/x?y=1", "https://1.1.1.1:8443/"] {
            assert!(!refused(good, false), "{good}");
        }
        let bad = [
            "http://hooks.example.com/",
            "ftp://hooks.example.com/",
            "https://ana:secret@hooks.example.com/",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data/",
        ];
        for bad in bad {
            assert!(refused(bad, false), "{bad}");
        }
        assert!(!refused("http://127.0.0.1:9000/", true));
        assert!(refused("http://169.254.169.254/", true));
    }

    #[tokio::test]
    async fn a_name_that_leads_into_a_private_network_is_refused() {
        let resolve = async |allow_private| {
            let guarded = Guarded { allow_private };
            guarded
                .resolve("localhost".parse().unwrap())
                .await
                .map(Iterator::count)
        };
        let error = resolve(false).await.unwrap_err().to_string();
        assert!(error.contains("private network"), "{error}");
        assert!(resolve(true).await.unwrap() > 0);
    }
}
