//! Message templates as the provider has them, per WhatsApp Business Account: read with all numbers of it, written by a sync, by our own
//! changes, and by what webhooks tell. Changes are announced as `template:changed` on the tenant's stream.

mod told;

pub use told::{NewButton, NewContent};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Db, DbError, DbResult, Id, Millis, Tx,
    event::{Audience, Draft, Event, TemplateChanged},
    ids::{TemplateId, TenantId},
    model::{Content, ParameterFormat, Template},
    sql::{Rows, batch, fetch_all, fetch_one, fetch_optional},
};

/// A template as the provider tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderTemplate {
    /// The provider's id.
    pub provider_id: String,
    /// Its name.
    pub name: String,
    /// Such as `en_US`.
    pub language: String,
    /// Such as `UTILITY`.
    pub category: String,
    /// Such as `APPROVED`.
    pub status: String,
    /// Such as `GREEN`.
    pub quality: Option<String>,
    /// How its gaps are named.
    pub parameter_format: ParameterFormat,
    /// JSON text: an array.
    pub components: String,
    /// Why it was rejected.
    pub rejected_reason: Option<String>,
}

/// What a webhook tells of a template; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// The provider's id.
    pub provider_id: String,
    /// Such as `APPROVED`.
    pub status: Option<String>,
    /// Such as `GREEN`.
    pub quality: Option<String>,
    /// Such as `MARKETING`.
    pub category: Option<String>,
    /// Why it was rejected.
    pub rejected_reason: Option<String>,
    /// What it says now.
    pub content: Option<NewContent>,
}

const COLUMNS: &str = "id, waba_id, provider_id, name, language, category, status, quality, parameter_format, components, rejected_reason, updated_at";

#[derive(sqlx::FromRow)]
struct Row {
    id: TemplateId,
    waba_id: String,
    provider_id: String,
    name: String,
    language: String,
    category: String,
    status: String,
    quality: Option<String>,
    #[sqlx(try_from = "String")]
    parameter_format: ParameterFormat,
    components: String,
    rejected_reason: Option<String>,
    updated_at: Millis,
}

impl TryFrom<Row> for Template {
    type Error = DbError;

    fn try_from(row: Row) -> DbResult<Self> {
        Ok(Self {
            components: Content(RawValue::from_string(row.components)?),
            id: row.id,
            waba_id: row.waba_id,
            provider_id: row.provider_id,
            name: row.name,
            language: row.language,
            category: row.category,
            status: row.status,
            quality: row.quality,
            parameter_format: row.parameter_format,
            rejected_reason: row.rejected_reason,
            updated_at: row.updated_at,
        })
    }
}

fn sql(text: &str) -> &'static str {
    text.replace("{COLUMNS}", COLUMNS).leak()
}

/// The templates of a WhatsApp Business Account, by name and language.
pub async fn list_templates(
    db: &Db,
    tenant_id: &TenantId,
    waba_id: &str,
) -> DbResult<Vec<Template>> {
    static LIST: std::sync::LazyLock<&'static str> = std::sync::LazyLock::new(|| {
        sql(
            "SELECT {COLUMNS} FROM templates WHERE tenant_id = $1 AND waba_id = $2 ORDER BY name, language",
        )
    });
    let mut reader = db.read().await?;
    let rows = fetch_all!(&mut reader, Row, *LIST, tenant_id, waba_id)?;
    rows.into_iter().map(Template::try_from).collect()
}

/// One template.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such template.
pub async fn get_template(db: &Db, tenant_id: &TenantId, id: &TemplateId) -> DbResult<Template> {
    static ONE: std::sync::LazyLock<&'static str> = std::sync::LazyLock::new(|| {
        sql("SELECT {COLUMNS} FROM templates WHERE id = $1 AND tenant_id = $2")
    });
    let mut reader = db.read().await?;
    fetch_one!(&mut reader, Row, *ONE, id, tenant_id)?.try_into()
}

batch!(
    UPSERT,
    &format!(
        "INSERT INTO templates (id, tenant_id, waba_id, provider_id, name, language, category, status, quality, parameter_format,
           components, rejected_reason, updated_at)
         SELECT r.id, $2, $3, r.provider_id, r.name, r.language, r.category, r.status, r.quality, r.parameter_format, r.components,
           r.rejected_reason, $4
         FROM {{rows: id TEXT, provider_id TEXT, name TEXT, language TEXT, category TEXT, status TEXT, quality TEXT,
           parameter_format TEXT, components TEXT, rejected_reason TEXT}}
         WHERE true
         ON CONFLICT (tenant_id, waba_id, provider_id) DO UPDATE SET name = excluded.name, language = excluded.language,
           category = excluded.category, status = excluded.status, quality = excluded.quality,
           parameter_format = excluded.parameter_format, components = excluded.components,
           rejected_reason = excluded.rejected_reason, updated_at = excluded.updated_at
         WHERE (templates.name, templates.language, templates.category, templates.status, COALESCE(templates.quality, ''),
             templates.parameter_format, templates.components, COALESCE(templates.rejected_reason, ''))
           <> (excluded.name, excluded.language, excluded.category, excluded.status, COALESCE(excluded.quality, ''),
             excluded.parameter_format, excluded.components, COALESCE(excluded.rejected_reason, ''))
         RETURNING {COLUMNS}"
    )
);

batch!(
    PRUNE,
    "DELETE FROM templates WHERE tenant_id = $2 AND waba_id = $3
       AND provider_id NOT IN (SELECT r.provider_id FROM {rows: provider_id TEXT}) RETURNING id"
);

/// Writes what the provider has, and announces what is new or changed. Those that are not named stay.
pub async fn upsert_templates(
    tx: &mut Tx,
    tenant_id: &TenantId,
    waba_id: &str,
    found: &[ProviderTemplate],
    now: Millis,
) -> DbResult<Vec<Template>> {
    #[derive(Serialize)]
    struct New<'a> {
        id: TemplateId,
        #[serde(flatten)]
        template: &'a ProviderTemplate,
    }
    let rows: Vec<New> = found
        .iter()
        .map(|template| New {
            id: TemplateId::new(now),
            template,
        })
        .collect();
    let changed = fetch_all!(tx, Row, &UPSERT, Rows(&rows), tenant_id, waba_id, now)?;
    let changed: Vec<Template> = changed
        .into_iter()
        .map(Template::try_from)
        .collect::<DbResult<_>>()?;
    for template in &changed {
        announce(tx, tenant_id, &template.id, Some(template.clone()));
    }
    Ok(changed)
}

/// Brings the templates of a WhatsApp Business Account to what the provider has: those it no longer names are removed. Announces changes.
pub async fn replace_templates(
    tx: &mut Tx,
    tenant_id: &TenantId,
    waba_id: &str,
    found: &[ProviderTemplate],
    now: Millis,
) -> DbResult<()> {
    upsert_templates(tx, tenant_id, waba_id, found, now).await?;
    let gone = fetch_all!(tx, (TemplateId,), &PRUNE, Rows(found), tenant_id, waba_id)?;
    for (id,) in gone {
        announce(tx, tenant_id, &id, None);
    }
    Ok(())
}

/// Writes what a webhook tells and announces it. Whether there is such a template.
pub async fn apply_news(
    tx: &mut Tx,
    tenant_id: &TenantId,
    waba_id: &str,
    news: &News,
    now: Millis,
) -> DbResult<bool> {
    static APPLY: std::sync::LazyLock<&'static str> = std::sync::LazyLock::new(|| {
        sql(
            "UPDATE templates SET status = COALESCE($4, status), quality = COALESCE($5, quality), category = COALESCE($6, category),
               rejected_reason = CASE WHEN $4 IS NULL THEN rejected_reason ELSE $7 END, updated_at = $8,
               components = COALESCE($9, components)
             WHERE tenant_id = $1 AND waba_id = $2 AND provider_id = $3 RETURNING {COLUMNS}",
        )
    });
    let components = match &news.content {
        Some(content) => new_components(tx, tenant_id, waba_id, news, content).await?,
        None => None,
    };
    let changed = fetch_optional!(
        tx,
        Row,
        *APPLY,
        tenant_id,
        waba_id,
        &news.provider_id,
        news.status.as_deref(),
        news.quality.as_deref(),
        news.category.as_deref(),
        news.rejected_reason.as_deref(),
        now,
        components
    )?;
    let Some(row) = changed else { return Ok(false) };
    let template = Template::try_from(row)?;
    announce(tx, tenant_id, &template.id.clone(), Some(template));
    Ok(true)
}

async fn new_components(
    tx: &mut Tx,
    tenant_id: &TenantId,
    waba_id: &str,
    news: &News,
    content: &NewContent,
) -> DbResult<Option<String>> {
    // The row is locked, so that nothing comes between what is read and what is written.
    let held = fetch_optional!(
        tx,
        (String,),
        "UPDATE templates SET updated_at = updated_at WHERE tenant_id = $1 AND waba_id = $2 AND provider_id = $3 RETURNING components",
        tenant_id,
        waba_id,
        &news.provider_id
    )?;
    held.map(|(components,)| content.put_into(&components))
        .transpose()
}

/// Removes a template and announces it.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the tenant has no such template.
pub async fn delete_template(tx: &mut Tx, tenant_id: &TenantId, id: &TemplateId) -> DbResult<()> {
    fetch_one!(
        tx,
        (TemplateId,),
        "DELETE FROM templates WHERE id = $1 AND tenant_id = $2 RETURNING id",
        id,
        tenant_id
    )?;
    announce(tx, tenant_id, id, None);
    Ok(())
}

fn announce(tx: &mut Tx, tenant_id: &TenantId, id: &TemplateId, template: Option<Template>) {
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Tenant,
        event: Event::TemplateChanged(TemplateChanged {
            id: id.clone(),
            template,
        }),
    });
}
