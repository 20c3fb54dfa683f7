//! Guessing passwords is slowed: by login, whether there is such a login or not, and by address.
//!
//! A try counts as wrong from its beginning: many at once cannot all pass before the first has failed.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::extract::ConnectInfo;
use domain::session::LOGIN_CHARS_MAX;

use crate::{
    App,
    error::Error,
    store::{self, tries::Tries},
};

/// Wrong passwords that cost no wait.
const FREE_TRIES: i64 = 5;
/// Longest wait after wrong passwords, in seconds. A wait, not a lock: nobody can lock others out.
const WAIT_S_MAX: i64 = 15 * 60;
/// Tries are forgotten when none followed for this long, in milliseconds: one day.
const FORGOTTEN_MS: i64 = 24 * 60 * 60 * 1_000;
/// Wrong passwords from one address in one minute; a whole office may stand behind one address.
const ADDRESS_FAILURES_MAX: u32 = 30;
const MINUTE_MS: i64 = 60 * 1_000;

/// A try that is counted as wrong until [`Try::was_right`] says otherwise.
pub struct Try {
    key: String,
    address: Option<IpAddr>,
}

/// Counts a try on a login, from an address.
///
/// # Errors
///
/// `slow_down` when it comes too early: then the password is not to be looked at.
pub async fn begin(app: &App, login: &str, address: Option<IpAddr>) -> Result<Try, Error> {
    let now = app.now();
    if let Some(address) = address
        && !app.addresses.count(address, now)
    {
        return Err(Error::SlowDown { retry_after_s: 60 });
    }
    let key: String = login.chars().take(LOGIN_CHARS_MAX).collect();
    let mut db = app.db.write().await?;
    let before = store::tries::get(&mut db, &key).await?;
    if before.retry_at > now {
        let retry_after_s = u64::try_from((before.retry_at - now) / 1_000 + 1).unwrap_or(1);
        return Err(Error::SlowDown { retry_after_s });
    }
    let failures = before.failures + 1;
    let after = Tries { failures, retry_at: now + wait_s(failures) * 1_000 };
    store::tries::keep(&mut db, &key, after, now, now - FORGOTTEN_MS).await?;
    db.commit().await?;
    Ok(Try { key, address })
}

impl Try {
    /// Forgives the tries before it, in the transaction that lets them in.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn was_right(self, app: &App, db: &mut store::Connection) -> sqlx::Result<()> {
        if let Some(address) = self.address {
            app.addresses.take_back(address, app.now());
        }
        store::tries::forgive(db, &self.key).await
    }
}

/// How long the next try must wait after `failures` wrong passwords in a row, in seconds.
fn wait_s(failures: i64) -> i64 {
    if failures < FREE_TRIES { 0 } else { (1_i64 << (failures - FREE_TRIES).min(20)).min(WAIT_S_MAX) }
}

/// The address that a request came from. A proxy on this machine stands for everyone: it has no budget.
pub fn address(extensions: &axum::http::Extensions) -> Option<IpAddr> {
    let ConnectInfo(address) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let address = address.ip().to_canonical();
    (!address.is_loopback()).then(|| network_of(address))
}

/// One household or office has a /64 of IPv6 addresses.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Wrong passwords of the present minute, by address. Lost at a restart, which is no harm.
#[derive(Clone, Default)]
pub struct Addresses(Arc<Mutex<(i64, HashMap<IpAddr, u32>)>>);

impl Addresses {
    /// Counts a try; `false` when the address has had its share of this minute.
    fn count(&self, address: IpAddr, now: i64) -> bool {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (minute, counts) = &mut *guard;
        if *minute != now / MINUTE_MS {
            *minute = now / MINUTE_MS;
            counts.clear();
        }
        let count = counts.entry(address).or_default();
        *count += 1;
        *count <= ADDRESS_FAILURES_MAX
    }

    fn take_back(&self, address: IpAddr, now: i64) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (minute, counts) = &mut *guard;
        if *minute == now / MINUTE_MS
            && let Some(count) = counts.get_mut(&address)
        {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_late_and_stay_bounded() {
        assert_eq!(wait_s(4), 0);
        assert_eq!(wait_s(5), 1);
        assert_eq!(wait_s(8), 8);
        assert_eq!(wait_s(10_000), WAIT_S_MAX);
    }

    #[test]
    fn an_address_has_its_share_of_each_minute() {
        let (addresses, one) = (Addresses::default(), IpAddr::from([192, 0, 2, 1]));
        assert!((0..ADDRESS_FAILURES_MAX).all(|_| addresses.count(one, 0)));
        assert!(!addresses.count(one, MINUTE_MS - 1));
        assert!(addresses.count(IpAddr::from([192, 0, 2, 2]), 0));
        assert!(addresses.count(one, MINUTE_MS));
        // Right passwords cost nothing.
        for _ in 0..100 {
            assert!(addresses.count(one, MINUTE_MS));
            addresses.take_back(one, MINUTE_MS);
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let of = |it: &str| network_of(it.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
