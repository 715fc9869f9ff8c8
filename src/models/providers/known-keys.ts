/**
 * Keys that many people have in their environment, and the hosts that they are made for. A recipe can come from anywhere
 * and can name any variable: these names are those that its author can guess. A name of the list stands for itself and for
 * all that begin with it and `_`: `OPENAI` for `OPENAI_API_KEY`. In a host, `*` stands for a part without dots. Hosts that
 * customers can have for themselves are left out, such as `*.hf.space`.
 */
import { httpUrl } from './endpoint-url.js';
import { providers } from './registry.js';

const LISTED: readonly (readonly [names: string, hosts: string])[] = [
  // Models
  ['OPENAI', 'api.openai.com *.api.openai.com'],
  ['ANTHROPIC CLAUDE', 'api.anthropic.com'],
  ['NVIDIA NGC NIM', 'integrate.api.nvidia.com ai.api.nvidia.com api.nvcf.nvidia.com'],
  ['OPENROUTER', 'openrouter.ai'],
  ['AZURE', '*.openai.azure.com *.cognitiveservices.azure.com *.services.ai.azure.com'],
  ['GEMINI GOOGLE GCP GCLOUD VERTEX PALM', '*.googleapis.com'],
  ['MISTRAL CODESTRAL', 'api.mistral.ai codestral.mistral.ai'],
  ['GROQ', 'api.groq.com'],
  ['TOGETHER TOGETHERAI', 'api.together.xyz api.together.ai'],
  ['FIREWORKS', 'api.fireworks.ai'],
  ['DEEPSEEK', 'api.deepseek.com'],
  ['XAI GROK', 'api.x.ai'],
  ['COHERE CO', 'api.cohere.com api.cohere.ai'],
  ['PERPLEXITY PERPLEXITYAI PPLX', 'api.perplexity.ai'],
  ['CEREBRAS', 'api.cerebras.ai'],
  ['SAMBANOVA', 'api.sambanova.ai'],
  ['DEEPINFRA', 'api.deepinfra.com'],
  ['DASHSCOPE', 'dashscope.aliyuncs.com dashscope-intl.aliyuncs.com dashscope-us.aliyuncs.com'],
  ['MOONSHOT KIMI', 'api.moonshot.ai api.moonshot.cn'],
  ['ZAI ZHIPU ZHIPUAI GLM', 'api.z.ai open.bigmodel.cn'],
  ['MINIMAX', 'api.minimax.io api.minimaxi.com'],
  ['NEBIUS', 'api.studio.nebius.com api.tokenfactory.nebius.com'],
  ['NOVITA', 'api.novita.ai'],
  ['HYPERBOLIC', 'api.hyperbolic.xyz'],
  ['REPLICATE', 'api.replicate.com'],
  ['AI21', 'api.ai21.com'],
  ['VOYAGE', 'api.voyageai.com'],
  ['JINA', 'api.jina.ai *.jina.ai'],
  ['STABILITY', 'api.stability.ai'],
  ['FAL', 'fal.run queue.fal.run'],
  ['ELEVENLABS', 'api.elevenlabs.io'],
  ['ASSEMBLYAI', 'api.assemblyai.com'],
  ['DEEPGRAM', 'api.deepgram.com'],
  ['AI_GATEWAY VERCEL', 'ai-gateway.vercel.sh api.vercel.com'],
  ['CLOUDFLARE', 'api.cloudflare.com gateway.ai.cloudflare.com'],
  ['HF HUGGINGFACE HUGGINGFACEHUB HUGGING_FACE', 'huggingface.co *.huggingface.co'],
  ['GITHUB GH COPILOT', 'api.github.com models.github.ai models.inference.ai.azure.com api.githubcopilot.com'],
  // Tools, and what tools are bought with
  ['TAVILY', '*.tavily.com'],
  ['SERPER', '*.serper.dev'],
  ['SERPAPI', 'serpapi.com'],
  ['BRAVE', 'api.search.brave.com'],
  ['EXA', 'api.exa.ai mcp.exa.ai'],
  ['FIRECRAWL', 'api.firecrawl.dev mcp.firecrawl.dev'],
  ['LANGSMITH LANGCHAIN', 'api.smith.langchain.com'],
  ['WANDB', 'api.wandb.ai api.inference.wandb.ai'],
  ['KAGGLE', 'www.kaggle.com api.kaggle.com'],
  ['NOTION', 'api.notion.com mcp.notion.com'],
  ['LINEAR', 'api.linear.app mcp.linear.app'],
  ['SLACK', 'slack.com *.slack.com'],
  ['STRIPE', 'api.stripe.com mcp.stripe.com'],
  ['SENTRY', 'sentry.io mcp.sentry.dev'],
  ['GITLAB', 'gitlab.com'],
  ['DISCORD', 'discord.com'],
  ['TELEGRAM', 'api.telegram.org'],
  ['SENDGRID', 'api.sendgrid.com'],
  ['TWILIO', 'api.twilio.com'],
  ['PINECONE', 'api.pinecone.io'],
  // Bedrock alone takes a key of AWS in a header.
  ['AWS', 'bedrock-runtime.*-*-*.amazonaws.com'],
  // What no host of a recipe is to have unasked
  ['ACTIONS CI CIRCLE CIRCLECI TRAVIS BUILDKITE JENKINS BITBUCKET', ''],
  ['NPM NODE_AUTH PYPI TWINE CARGO_REGISTRY RUBYGEMS GEM_HOST DOCKER DOCKERHUB', ''],
  ['DATABASE DB PG PGPASSWORD POSTGRES POSTGRESQL MYSQL MARIADB MONGO MONGODB REDIS SNOWFLAKE SUPABASE DATABRICKS', ''],
  ['DIGITALOCEAN HEROKU NETLIFY RAILWAY FLY_API LINODE HCLOUD ARM_CLIENT ALICLOUD IBMCLOUD', ''],
  ['TF TF_TOKEN PULUMI VAULT CONSUL KUBE KUBECONFIG SOPS SSH GPG', ''],
  ['JIRA ATLASSIAN CONFLUENCE DATADOG NEWRELIC NEW_RELIC PAGERDUTY MAILGUN SHOPIFY PAYPAL', ''],
  ['DD_QUEUE', ''],
]; // prettier-ignore

const HOSTS: ReadonlyMap<string, readonly string[]> = new Map(
  LISTED.flatMap(([names, hosts]) => words(names).map((name) => [name, words(hosts)] as const)),
);

/** The hosts that a well-known key is made for, also none; `undefined` for every other variable. */
export function hostsOfKey(variable: string): readonly string[] | undefined {
  // On Windows, `openai_api_key` is the same variable.
  const name = variable.toUpperCase();
  const parts = name.split('_');
  const beginnings = parts.map((_, at) => parts.slice(0, at + 1).join('_'));
  const listed = beginnings.toReversed().find((beginning) => HOSTS.has(beginning));
  const home = providers.flatMap(({ home: own }) =>
    own?.api_key === name ? (httpUrl(own.endpoint)?.hostname ?? []) : [],
  );
  if (listed === undefined && home.length === 0) return undefined;
  return [...new Set([...home, ...(HOSTS.get(listed ?? '') ?? [])])];
}

/** Whether an address is one of these hosts, by an encrypted connection: a key could be read on the way to it. */
export function isMadeFor(hosts: readonly string[], address: string): boolean {
  const url = httpUrl(address);
  if (url?.protocol !== 'https:') return false;
  const hostname = url.hostname.replace(/\.$/, '');
  return hosts.some((host) =>
    new RegExp(`^${host.replaceAll('.', String.raw`\.`).replaceAll('*', '[a-z0-9-]+')}$`).test(hostname),
  );
}

function words(text: string): readonly string[] {
  return text.split(' ').filter(Boolean);
}
