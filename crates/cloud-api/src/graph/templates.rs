//! Message templates of a WhatsApp Business account: listed, created, changed, deleted.
//!
//! Called by the server's `outbox` (synchronisation) and its template pages.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{GraphClient, GraphError};
use crate::wire::loose::{List, Node, Text};

/// Templates asked for at once.
const PAGE: usize = 100;
/// Pages that are read: an account may have 6,000 templates, each in several languages.
const MOST_PAGES: usize = 400;

/// How parameters are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterFormat {
    /// `{{1}}`, `{{2}}`, …
    Positional,
    /// `{{first_name}}`, …
    Named,
}

/// A template, as Meta lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateInfo {
    /// Meta's id.
    pub id: String,
    /// Its name, the same in all languages.
    pub name: String,
    /// Language code.
    pub language: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`, …
    pub status: String,
    /// `UTILITY`, `MARKETING`, `AUTHENTICATION`.
    pub category: String,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub quality: Option<String>,
    /// How parameters are told apart.
    pub parameter_format: ParameterFormat,
    /// Its parts, as they came.
    pub components: Value,
    /// Why it was rejected.
    pub rejected_reason: Option<String>,
}

/// A template to be created.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewTemplate {
    /// Small letters, digits and underscores.
    pub name: String,
    /// Language code.
    pub language: String,
    /// `UTILITY`, `MARKETING`, `AUTHENTICATION`.
    pub category: String,
    /// How parameters are told apart.
    pub parameter_format: ParameterFormat,
    /// Its parts, in Meta's form, with examples.
    pub components: Value,
}

/// What is to be changed of a template; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TemplateChange {
    /// Another category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// All parts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<Value>,
}

/// What Meta says of a template that was just created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTemplate {
    /// Meta's id.
    pub id: String,
    /// Mostly `PENDING`.
    pub status: Option<String>,
    /// May differ from the one asked for.
    pub category: Option<String>,
}

impl GraphClient {
    /// All templates of an account.
    pub async fn list_templates(
        &self,
        token: &str,
        waba_id: &str,
    ) -> Result<Vec<TemplateInfo>, GraphError> {
        let (mut templates, mut after) = (Vec::new(), None);
        let mut seen = HashSet::new();
        for _ in 0..MOST_PAGES {
            let page = self.template_page(token, waba_id, after.as_deref()).await?;
            templates.extend(page.data.objects().filter_map(TemplateNode::into_info));
            let paging = page.paging.or_default();
            // The address itself is not followed: it holds a token, and could lead anywhere.
            let next = paging.next.0.and(paging.cursors.or_default().after.0);
            match next {
                None => return Ok(templates),
                Some(cursor) if !seen.insert(cursor.clone()) => {
                    return Err(GraphError::unexpected("the template pages go in a circle"));
                }
                Some(cursor) => after = Some(cursor),
            }
        }
        Err(GraphError::unexpected("the template pages have no end"))
    }

    async fn template_page(
        &self,
        token: &str,
        waba_id: &str,
        after: Option<&str>,
    ) -> Result<TemplatePage, GraphError> {
        const FIELDS: &str = "id,name,language,status,category,quality_score,parameter_format,components,rejected_reason";
        let mut url = self.edge(waba_id, "message_templates")?;
        url.query_pairs_mut()
            .append_pair("fields", FIELDS)
            .append_pair("limit", &PAGE.to_string());
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        self.call(token, url).await
    }

    /// Hands a template in for review.
    pub async fn create_template(
        &self,
        token: &str,
        waba_id: &str,
        template: &NewTemplate,
    ) -> Result<CreatedTemplate, GraphError> {
        let url = self.edge(waba_id, "message_templates")?;
        let answer: TemplateNode = self
            .answered(self.posting(token, url).json(template))
            .await?;
        Ok(CreatedTemplate {
            id: answer
                .id
                .0
                .ok_or_else(|| GraphError::unexpected("the created template has no id"))?,
            status: answer.status.0,
            category: answer.category.0,
        })
    }

    /// Changes a template, which is then reviewed again.
    pub async fn edit_template(
        &self,
        token: &str,
        template_id: &str,
        change: &TemplateChange,
    ) -> Result<(), GraphError> {
        let url = self.address(template_id)?;
        self.succeed(self.posting(token, url).json(change)).await
    }

    /// Deletes a template in one language (`template_id`), or in all.
    pub async fn delete_template(
        &self,
        token: &str,
        waba_id: &str,
        name: &str,
        template_id: Option<&str>,
    ) -> Result<(), GraphError> {
        let mut url = self.edge(waba_id, "message_templates")?;
        url.query_pairs_mut().append_pair("name", name);
        if let Some(id) = template_id {
            url.query_pairs_mut().append_pair("hsm_id", id);
        }
        let request = self
            .http
            .delete(url)
            .bearer_auth(token)
            .timeout(self.timeouts.call);
        self.succeed(request).await
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TemplatePage {
    data: List<Node<TemplateNode>>,
    paging: Node<Paging>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paging {
    next: Text,
    cursors: Node<Cursors>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cursors {
    after: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TemplateNode {
    id: Text,
    name: Text,
    language: Text,
    status: Text,
    category: Text,
    quality_score: Node<Quality>,
    parameter_format: Text,
    components: Value,
    rejected_reason: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quality {
    score: Text,
}

impl TemplateNode {
    /// What lacks id, name or language cannot be sent and is left out.
    fn into_info(self) -> Option<TemplateInfo> {
        let is_named = self
            .parameter_format
            .get()
            .is_some_and(|format| format.eq_ignore_ascii_case("named"));
        let components = match self.components {
            Value::Array(parts) => Value::Array(parts),
            _ => json!([]),
        };
        Some(TemplateInfo {
            id: self.id.0?,
            name: self.name.0?,
            language: self.language.0?,
            status: self.status.0.unwrap_or_else(|| "UNKNOWN".to_owned()),
            category: self.category.0.unwrap_or_else(|| "UNKNOWN".to_owned()),
            quality: self.quality_score.or_default().score.0,
            parameter_format: if is_named {
                ParameterFormat::Named
            } else {
                ParameterFormat::Positional
            },
            components,
            rejected_reason: self.rejected_reason.0.filter(|reason| reason != "NONE"),
        })
    }
}
