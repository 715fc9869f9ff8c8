/**
 * Tokens with a prefix of their vendor, which can be recognised anywhere. Each line follows the vendor's
 * documentation: kind, prefix, and the minimal number of letters and digits after it; `WIDE` tokens also have dashes
 * and underscores. Lengths are lower bounds, because vendors make tokens longer over time.
 */
import type { Finding, TokenPattern, Rule } from './types.js';
import { isWordStart, endOf, endOfWord } from './sticky.js';

const NARROW = 'A-Za-z0-9';
const WIDE = String.raw`\w%-`;

const FORMS: readonly (readonly [kind: string, beginning: string, atLeast: number, alphabet?: string])[] = [
  // docs.github.com, "About authentication to GitHub": token formats
  ['github-pat', 'ghp_', 30],
  ['github-oauth-token', 'gho_', 30],
  ['github-app-token', 'ghu_', 30],
  ['github-app-token', 'ghs_', 30],
  ['github-refresh-token', 'ghr_', 30],
  ['github-fine-grained-pat', 'github_pat_', 50, WIDE],
  ['github-app-token', 'ghs_', 50, `${WIDE}.`], // with the id of the app and a JSON web token
  // docs.gitlab.com/security/tokens, "Token prefixes"
  ['gitlab-pat', 'glpat-', 16, WIDE],
  ['gitlab-deploy-token', 'gldt-', 16, WIDE],
  ['gitlab-runner-token', 'glrt-', 16, WIDE],
  ['gitlab-job-token', 'glcbt-', 16, WIDE],
  ['gitlab-trigger-token', 'glptt-', 16, WIDE],
  ['gitlab-feed-token', 'glft-', 16, WIDE],
  ['gitlab-oauth-secret', 'gloas-', 30, WIDE],
  // docs.slack.dev/authentication/tokens
  ['slack-bot-token', 'xoxb-', 16, WIDE],
  ['slack-user-token', 'xoxp-', 16, WIDE],
  ['slack-app-token', 'xapp-', 16, WIDE],
  ['slack-token', 'xoxa-', 16, WIDE],
  ['slack-token', 'xoxc-', 16, WIDE],
  ['slack-token', 'xoxd-', 16, WIDE],
  ['slack-token', 'xoxe-', 16, WIDE],
  ['slack-token', 'xoxr-', 16, WIDE],
  ['slack-token', 'xoxs-', 16, WIDE],
  // cloud.google.com/docs/authentication/api-keys; developers.google.com/identity/protocols/oauth2
  ['gcp-api-key', 'AIza', 30, WIDE],
  ['google-oauth-client-secret', 'GOCSPX-', 20, WIDE],
  ['google-oauth-token', 'ya29.', 20, WIDE],
  // docs.stripe.com/keys and /webhooks/signature
  ['stripe-access-token', 'sk_live_', 10],
  ['stripe-access-token', 'sk_test_', 10],
  ['stripe-access-token', 'rk_live_', 10],
  ['stripe-access-token', 'rk_test_', 10],
  ['stripe-webhook-secret', 'whsec_', 24],
  // registries and hosts of code and data
  ['npm-access-token', 'npm_', 30], // docs.npmjs.com/about-access-tokens
  ['pypi-upload-token', 'pypi-AgE', 50, WIDE], // pypi.org/help#apitoken
  ['rubygems-api-token', 'rubygems_', 40], // guides.rubygems.org/api-key-scopes
  ['docker-pat', 'dckr_pat_', 20, WIDE], // docs.docker.com/security/access-tokens
  ['huggingface-access-token', 'hf_', 30], // huggingface.co/docs/hub/security-tokens
  ['vault-token', 'hvs.', 20, WIDE], // developer.hashicorp.com/vault/docs/concepts/tokens
  ['digitalocean-token', 'dop_v1_', 40], // docs.digitalocean.com/reference/api
  ['grafana-token', 'glsa_', 30, WIDE], // grafana.com/docs, service accounts
  ['supabase-token', 'sbp_', 30], // supabase.com/docs/reference/api
  ['shopify-token', 'shpat_', 30], // shopify.dev/docs/api, authentication
  ['postman-api-key', 'PMAK-', 30, WIDE], // learning.postman.com, API keys
  ['linear-api-key', 'lin_api_', 30], // linear.app/developers
  ['notion-token', 'ntn_', 30], // developers.notion.com
  ['sentry-token', 'sntrys_', 30, WIDE], // docs.sentry.io/account/auth-tokens
  ['figma-pat', 'figd_', 20, WIDE], // developers.figma.com
  ['new-relic-key', 'NRAK-', 20, WIDE], // docs.newrelic.com, API keys
  ['age-secret-key', 'AGE-SECRET-KEY-1', 40], // age-encryption.org
  ['tailscale-key', 'tskey-', 24, WIDE], // tailscale.com/kb, key prefixes
  ['airtable-oauth-token', 'oaa', 60, `${WIDE}.`], // airtable.com/developers/web, OAuth
  ['atlassian-api-token', 'ATCTT3', 60, `${WIDE}=`], // support.atlassian.com, API tokens
  ['bitbucket-app-password', 'ATBB', 24], // support.atlassian.com, app passwords
  // models
  ['anthropic-api-key', 'sk-ant-', 20, WIDE], // platform.claude.com/docs
  ['openrouter-api-key', 'sk-or-', 30, WIDE], // openrouter.ai/docs
  ['groq-api-key', 'gsk_', 32], // console.groq.com/docs
  ['nvidia-api-key', 'nvapi-', 20, WIDE], // docs.nvidia.com/nim
  ['replicate-api-token', 'r8_', 30, WIDE], // replicate.com/docs/reference/http
  ['xai-api-key', 'xai-', 40, WIDE], // docs.x.ai
  ['perplexity-api-key', 'pplx-', 30], // docs.perplexity.ai
  ['tavily-api-key', 'tvly-', 24, WIDE], // docs.tavily.com
  ['langsmith-api-key', 'lsv2_', 32, WIDE], // docs.langchain.com/langsmith
];

/** Tokens that need more than a prefix and a length. */
const SHAPES: readonly TokenPattern[] = [
  // docs.databricks.com/dev-tools/auth/pat: hexadecimal
  token('databricks-token', ['dapi'], /dapi[a-f0-9]{32}/y),
  // docs.aws.amazon.com/IAM, reference_identifiers: capitals and digits only
  token('aws-access-token', ['akia', 'asia'], /A(?:K|S)IA[A-Z0-9]{16}/y),
  // platform.openai.com/docs: a plain key has no dash, so `sk-learn-…` does not match
  token('openai-api-key', ['sk-'], /sk-(?:(?:proj|svcacct|admin|service|None)-[\w-]{20,}|[a-zA-Z0-9]{32,})/y),
  // docs.sendgrid.com: two parts
  token('sendgrid-api-token', ['sg.'], /SG\.[\w-]{16,64}\.[\w-]{16,}/y),
  // RFC 7515: header and payload are base64url, the header of `{"…`; it is long where it brings certificates.
  // RFC 7516: an encrypted one has five parts. The bound within a word keeps a run of `eyJ-eyJ-…` linear.
  token(
    'jwt',
    ['eyj'],
    /(?:(?<!-)eyJ[\w-]{10,32768}|eyJ[\w-]{10,400})\.(?:eyJ[\w-]{10,}(?:\.[\w-]*)?|[\w-]*\.[\w-]{8,}\.[\w-]{8,}\.[\w-]{16,})/y,
  ),
  // discord.com/developers/docs/resources/webhook
  token(
    'discord-webhook',
    ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    /discord(?:app)?\.com\/api\/webhooks\/\d{16,20}\/[\w-]{40,}/y,
  ),
  // docs.doppler.com, auth token formats; a service token has the name of its config
  token(
    'doppler-token',
    ['dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    /dp\.(?:st|ct|sa|scim|audit)\.[\w.-]{40,}/y,
  ),
  // learn.microsoft.com/microsoftteams, incoming webhooks
  token(
    'microsoft-teams-webhook',
    ['webhook.office.com/'],
    /webhook\.office\.com\/webhookb2\/[\w@/-]{60,1024}/y,
  ),
  // docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
  token(
    'slack-webhook',
    ['hooks.slack.com/'],
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[\w/+-]{30,}/y,
  ),
];

/** All known tokens. When two match, the earlier one gives the kind. */
export const TOKENS: readonly TokenPattern[] = [
  ...FORMS.map(([kind, beginning, atLeast, alphabet = NARROW]) =>
    token(
      kind,
      [beginning.toLowerCase()],
      new RegExp(`${beginning.replaceAll('.', String.raw`\.`)}[${alphabet}]{${atLeast},}`, 'y'),
    ),
  ),
  ...SHAPES,
];

function token(kind: string, keywords: readonly string[], pattern: RegExp): TokenPattern {
  return { kind, keywords, pattern, standsAlone: true };
}

export function tokenRule({ kind, keywords, pattern, standsAlone }: TokenPattern): Rule<Finding> {
  return {
    keywords,
    find(text, at) {
      if (standsAlone && !isWordStart(text, at)) return undefined;
      const end = endOf(pattern, text, at);
      return end === undefined ? undefined : { kind, start: at, end: endOfWord(text, end) };
    },
  };
}
