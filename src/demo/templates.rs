//! The templates that the simulated Meta has, as if somebody had fetched them already. Called while the stage is built.

use hoopoe_db::{
    Millis, Tx,
    ids::TenantId,
    model::ParameterFormat,
    templates::{self, ProviderTemplate},
};
use hoopoe_simulator::{SimTemplate, default_templates};

use super::cast::WABA_ID;

pub(super) async fn insert_templates(
    tx: &mut Tx,
    tenant_id: &TenantId,
    began: Millis,
) -> anyhow::Result<()> {
    let found = default_templates().into_iter().map(fetched);
    let found = found.collect::<anyhow::Result<Vec<_>>>()?;
    templates::upsert_templates(tx, tenant_id, WABA_ID, &found, began).await?;
    Ok(())
}

fn fetched(template: SimTemplate) -> anyhow::Result<ProviderTemplate> {
    let parameter_format = if template.is_named {
        ParameterFormat::Named
    } else {
        ParameterFormat::Positional
    };
    Ok(ProviderTemplate {
        provider_id: template.id,
        name: template.name,
        language: template.language,
        category: template.category,
        status: template.status,
        quality: Some("GREEN".to_owned()),
        parameter_format,
        components: serde_json::to_string(&template.components)?,
        rejected_reason: template.rejected_reason,
    })
}
