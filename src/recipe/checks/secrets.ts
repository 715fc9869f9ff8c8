import { isObject, type Json, type JsonObject, type JsonPath } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import { getList } from '../../core/paths.js';
import { privateKey } from '../../redact/private-key.js';
import { TOKENS, tokenRule } from '../../redact/token-forms.js';
import type { Finding, Rule } from '../../redact/types.js';

/** Headers for keys. */
const KEY_HEADER =
  /^(?:proxy-)?authorization$|(?:^|-)auth(?:-|$)|api[-_]?key|token|secret|password|^cookie$/i;

/** Fields for keys in the body of a request: `token`, but not `max_tokens`. */
const KEY_FIELD = /(?:^|[-_])(?:api[-_]?key|token|secret|password)$/i;

const HINT = 'name an environment variable in `api_key`; if this is a real key, revoke it';

/**
 * API keys outside `api_key`: in the address, the headers or the extra body of a provider or model. They would leak,
 * because a recipe is committed, shared and copied into every dataset. The messages never show the values.
 */
export function checkProviderSecrets(recipe: object): readonly Problem[] {
  const providers = getList(recipe, 'providers').flatMap((provider, index) => {
    if (!isObject(provider)) return [];
    const at = ['providers', index];
    return [
      ...(hasCredentials(provider['endpoint'])
        ? [literal('the address contains a user name, a password or a key', [...at, 'endpoint'])]
        : []),
      ...namesIn(provider['extra_headers'], KEY_HEADER).map((name) =>
        literal(`the header \`${name}\` contains a key`, [...at, 'extra_headers', name]),
      ),
      ...inBody(provider, at),
    ];
  });
  const models = getList(recipe, 'model_configs').flatMap((config, index) => {
    const parameters = isObject(config) ? config['inference_parameters'] : undefined;
    return isObject(parameters) ? inBody(parameters, ['model_configs', index, 'inference_parameters']) : [];
  });
  const services = getList(recipe, 'columns').flatMap((column, index) => {
    if (!isObject(column)) return [];
    const at = ['columns', index];
    const { validator_params: params } = column;
    return [
      ...inService(column, at),
      ...(isObject(params) ? inService(params, [...at, 'validator_params']) : []),
    ];
  });
  const tools = getList(recipe, 'mcp_providers').flatMap((provider, index) =>
    isObject(provider) ? inTools(provider, ['mcp_providers', index]) : [],
  );
  return [...providers, ...models, ...services, ...tools];
}

const inBody = ({ extra_body }: JsonObject, at: JsonPath): readonly Problem[] =>
  keyFields(extra_body, [...at, 'extra_body']).map((path) =>
    literal(`\`${path.at(-1)}\` in \`extra_body\` is a key`, path),
  );

/** A key in the headers of a service is named, as `${NAME}`. */
const inService = ({ headers, ...service }: JsonObject, at: JsonPath): readonly Problem[] => [
  ...['endpoint_url', 'url']
    .filter((key) => hasCredentials(service[key]))
    .map((key) =>
      literal('the address contains a user name, a password or a key', [...at, key], HEADER_HINT),
    ),
  ...namesIn(headers, KEY_HEADER)
    .filter((name) => !/\$\{[A-Z][A-Z0-9_]*\}/.test(String(isObject(headers) ? headers[name] : '')))
    .map((name) => literal(`the header \`${name}\` contains a key`, [...at, 'headers', name], HEADER_HINT)),
];

/** A key in the environment of a program is named, as `${NAME}`. */
const inTools = ({ endpoint, env }: JsonObject, at: JsonPath): readonly Problem[] => [
  ...(hasCredentials(endpoint)
    ? [literal('the address contains a user name, a password or a key', [...at, 'endpoint'])]
    : []),
  ...namesIn(env, KEY_FIELD)
    .filter((name) => !/\$\{\w+\}/.test(String(isObject(env) ? env[name] : '')))
    .map((name) =>
      literal(
        `\`${name}\` in \`env\` is a key`,
        [...at, 'env', name],
        'name an environment variable, as ${NAME}; if this is a real key, revoke it',
      ),
    ),
];

const HEADER_HINT =
  'name an environment variable in `headers`, as Authorization: Bearer ${NAME}; if this is a real key, revoke it';

/** The paths of fields named like keys, at any depth; the content of such a field is not searched further. */
function keyFields(value: Json | undefined, at: JsonPath): readonly JsonPath[] {
  if (Array.isArray(value)) return value.flatMap((member: Json, index) => keyFields(member, [...at, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    KEY_FIELD.test(name) ? [[...at, name]] : keyFields(member, [...at, name]),
  );
}

const namesIn = (value: Json | undefined, names: RegExp): readonly string[] =>
  isObject(value) ? Object.keys(value).filter((name) => names.test(name)) : [];

/** Tokens of a known form anywhere in the text of a recipe, also in prompts and comments. */
export function checkTextSecrets(text: string, file: string): readonly Problem[] {
  return findSecrets(text).map(({ kind, start, end }) => ({
    code: 'literal-key',
    message: `this looks like a secret (${kind}), which would be sent to models or copied into every dataset`,
    hint: 'remove it; if it is real, revoke it',
    at: [],
    place: { file, span: { offset: start, length: end - start } },
  }));
}

function hasCredentials(endpoint: Json | undefined): boolean {
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return false;
  const { username, password, searchParams } = new URL(endpoint);
  return (
    username !== '' ||
    password !== '' ||
    [...searchParams.keys()].some((name) => /key|token|secret/i.test(name))
  );
}

function literal(message: string, at: readonly (string | number)[], hint = HINT): Problem {
  return {
    code: 'literal-key',
    message: `${message}, which would be copied into every dataset`,
    hint,
    at,
    onKey: true,
  };
}

/** Only rules for the form of a secret: text after `password:` in a prompt may be an example. */
const RULES: readonly Rule<Finding>[] = [privateKey, ...TOKENS.map(tokenRule)];

/** The places where a rule can match. For short texts this is faster than the automaton for traces. */
const PLACES = new RegExp(`(?=${RULES.flatMap(({ keywords }) => keywords.map(escaped)).join('|')})`, 'gi');

/** Secrets in the text of a recipe, in order, none overlapping. */
function findSecrets(text: string): readonly Finding[] {
  const lower = text.toLowerCase();
  const findings: Finding[] = [];
  for (const { index } of text.matchAll(PLACES)) {
    if (index < (findings.at(-1)?.end ?? 0)) continue;
    const tried = RULES.filter(({ keywords }) =>
      keywords.some((keyword) => lower.startsWith(keyword, index)),
    );
    const finding = tried.map((rule) => rule.find(text, index)).find((found) => found !== undefined);
    if (finding) findings.push(finding);
  }
  return findings;
}

function escaped(keyword: string): string {
  return keyword.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
