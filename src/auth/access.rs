//! The check that every request and every socket passes, and what it tells the handler: who, of which tenant, in which role, for which
//! accounts.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use axum_extra::{
    TypedHeader,
    headers::{Authorization, authorization::Bearer},
};
use hoopoe_db::{
    Millis,
    ids::{AccountId, SessionId, TenantId, UserId},
    model::Role,
    users::Grant,
};

use super::{
    cookies,
    tokens::{self, Claims, Purpose},
};
use crate::{
    app::App,
    error::{ApiError, ApiResult},
};

/// Who is asking, checked.
#[derive(Debug, Clone)]
pub struct Access {
    /// Their tenant: every query takes it.
    pub tenant_id: TenantId,
    /// Who.
    pub user_id: UserId,
    /// From which login.
    pub session_id: SessionId,
    /// When the token ends. Unix milliseconds.
    pub expires_at: Millis,
    grant: Arc<Grant>,
}

impl Access {
    /// Checks an access token, for sockets; requests use the extractor.
    ///
    /// # Errors
    /// `unauthorized` or `token_expired`; `unavailable` when the database can't be asked.
    pub async fn from_token(app: &App, token: &str) -> ApiResult<Self> {
        Self::check(app, token, Purpose::Access).await
    }

    async fn check(app: &App, token: &str, purpose: Purpose) -> ApiResult<Self> {
        let claims = tokens::verify(&app.secrets, token, purpose, app.clock.now())?;
        Self::from_claims(app, claims).await
    }

    async fn from_claims(app: &App, claims: Claims) -> ApiResult<Self> {
        let grant = app
            .grants
            .find(&claims.sub)
            .await?
            .filter(|grant| {
                grant.tenant_id == claims.ten && grant.auth_version == claims.ver && !grant.disabled
            })
            .ok_or_else(|| ApiError::unauthorized("the access token is no longer valid"))?;
        Ok(Self {
            expires_at: claims.expires_at(),
            tenant_id: claims.ten,
            user_id: claims.sub,
            session_id: claims.sid,
            grant,
        })
    }

    /// Checks again, as long as the token lasts, what may have changed meanwhile: for sockets that live long.
    ///
    /// # Errors
    /// `unauthorized` where the user was locked out, or their role or password changed; `token_expired`.
    pub async fn renew(&self, app: &App) -> ApiResult<Self> {
        if self.expires_at <= app.clock.now() {
            return Err(ApiError::token_expired());
        }
        let grant = app
            .grants
            .find(&self.user_id)
            .await?
            .filter(|grant| grant.auth_version == self.grant.auth_version && !grant.disabled)
            .ok_or_else(|| ApiError::unauthorized("the access token is no longer valid"))?;
        Ok(Self {
            grant,
            ..self.clone()
        })
    }

    /// What they may do.
    pub fn role(&self) -> Role {
        self.grant.role
    }

    /// Lets only those through who have at least a role.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require(&self, least: Role) -> ApiResult<()> {
        if rank(self.role()) < rank(least) {
            return Err(ApiError::forbidden());
        }
        Ok(())
    }

    /// Accounts they may see, in order of id: all of the tenant's for admins and managers, those they are a member of for agents.
    pub fn accounts(&self) -> &[AccountId] {
        &self.grant.accounts
    }

    /// Whether they may see an account.
    pub fn may_see(&self, account_id: &AccountId) -> bool {
        self.grant.accounts.binary_search(account_id).is_ok()
    }

    /// Lets them through to an account that they may see.
    ///
    /// # Errors
    /// `not_found`, whether it does not exist or is not for them.
    pub fn account(&self, account_id: &AccountId) -> ApiResult<()> {
        if self.may_see(account_id) {
            return Ok(());
        }
        Err(ApiError::not_found())
    }
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Agent => 0,
        Role::Manager => 1,
        Role::Admin => 2,
    }
}

impl FromRequestParts<App> for Access {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let bearer = bearer(parts, app).await?;
        Self::check(app, &bearer, Purpose::Access).await
    }
}

async fn bearer(parts: &mut Parts, app: &App) -> ApiResult<String> {
    TypedHeader::<Authorization<Bearer>>::from_request_parts(parts, app)
        .await
        .map(|header| header.token().to_owned())
        .map_err(|_| ApiError::unauthorized("an access token is needed"))
}

/// As [`Access`], also from the media cookie, so that `<img src>` works. For routes that hand out media and for nothing else.
#[derive(Debug, Clone)]
pub struct MediaAccess(pub Access);

impl FromRequestParts<App> for MediaAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        if let Ok(bearer) = bearer(parts, app).await {
            return Access::check(app, &bearer, Purpose::Access).await.map(Self);
        }
        let cookie = cookies::find(&parts.headers, cookies::MEDIA)
            .ok_or_else(|| ApiError::unauthorized("an access token is needed"))?;
        Access::check(app, &cookie, Purpose::Media).await.map(Self)
    }
}
