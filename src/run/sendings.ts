/** Which values of the environment a recipe sends to which hosts, and which of them a person has to allow. */
import type { JsonPath } from '../core/json.js';
import type { Sending } from '../core/sending.js';
import type { Plan } from '../engine/types.js';
import { httpUrl, isLoopback } from '../models/providers/endpoint-url.js';
import { hostsOfKey, isMadeFor } from '../models/providers/known-keys.js';
import { readSettings } from '../plugins/settings.js';
import { toolAliasesOf, usedProviders } from './tool-providers.js';
import { withoutTrusted } from './permission.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A value of the environment that goes to a host, as `dd plan` lists it. */
export interface PlannedSending {
  readonly variable: string;
  /** With its port, and `http://` before it where the connection is not encrypted. */
  readonly host: string;
  readonly at: JsonPath;
  /** A well-known key that goes to a host it is made for, or an address that is not the recipe's. */
  readonly known_host: boolean;
  /** A well-known key that goes to a host it is not made for, and the person's settings do not have that host. */
  readonly needs_permission: boolean;
}

/** One that is judged by its variable and its host. */
export interface JudgedSending extends Sending {
  readonly host: string;
  readonly isKnown: boolean;
  /** A well-known key, and not for this host: the hosts that it is made for. */
  readonly madeFor: readonly string[] | undefined;
}

/** All that a run of a plan may send, in the order of the recipe's parts. */
export async function planSendings(plan: Plan, env: Environment): Promise<readonly PlannedSending[]> {
  const all = judged([...seedSendings(plan, env), ...(await callSendings(plan, env))]);
  const foreign = all.flatMap((sending) => (sending.madeFor ? [{ entry: sending.host, sending }] : []));
  const refused = new Set((await withoutTrusted(foreign, TRUSTED_HOSTS, env)).map(({ sending }) => sending));
  const known = new Map(
    all.map((sending) => {
      const { variable, host, at, isKnown } = sending;
      const about = { known_host: isKnown, needs_permission: refused.has(sending) };
      return [`${variable} ${host}`, { variable, host, at, ...about }] as const;
    }),
  );
  return [...known.values()];
}

/** What the calls of a run send: to models, services and servers of tools. */
export async function callSendings(plan: Plan, env: Environment): Promise<readonly Sending[]> {
  const tools = toolAliasesOf(plan).length > 0 ? toolSendings(plan, await readSettings(env)) : [];
  return [...modelSendings(plan), ...columnSendings(plan), ...tools];
}

/** Those that go to a host, with what is known of it. An address that is none gets nothing. */
export function judged(sendings: readonly Sending[]): readonly JudgedSending[] {
  return sendings.flatMap((sending) => {
    const { variable, url, isOwn = false } = sending;
    const host = hostOf(url);
    if (host === undefined) return [];
    const hosts = isOwn || isLoopback(url) ? undefined : hostsOfKey(variable);
    const isForeign = hosts !== undefined && !isMadeFor(hosts, url);
    const isKnown = isOwn || (hosts !== undefined && !isForeign);
    return [{ ...sending, host, isKnown, madeFor: isForeign ? hosts : undefined }];
  });
}

/** The list of the settings: hosts that get what a recipe sends them. */
export const TRUSTED_HOSTS = {
  setting: 'trusted_hosts',
  normal: (entry: string): string => hostOf(entry.includes('://') ? entry : `https://${entry}`) ?? entry,
} as const;

/** The host of an address: `llm.example.com`, `llm.example.com:8443`, `http://llm.example.com`. */
function hostOf(address: string): string | undefined {
  const url = httpUrl(address);
  if (!url) return undefined;
  const host = url.host.replace(/\.(?=:|$)/, '');
  return url.protocol === 'https:' ? host : `http://${host}`;
}

export function modelSendings({ recipe, models }: Plan): readonly Sending[] {
  return [...models.values()].flatMap(({ alias, endpoint }) => {
    const { url, provider, definition, headers, keyVariable } = endpoint;
    const own = (recipe.providers ?? []).findIndex(({ name }) => name === provider);
    const config = (recipe.model_configs ?? []).findIndex((each) => each.alias === alias);
    const isOwn = own === -1;
    const at = isOwn ? ['model_configs', config, 'provider'] : ['providers', own, 'api_key'];
    const inHeaders = Object.entries((isOwn && definition.home?.headerVariables) || {});
    const variables = [
      ...(keyVariable === undefined ? [] : [keyVariable]),
      ...inHeaders.flatMap(([header, variable]) => (headers[header] === undefined ? [] : [variable])),
    ];
    return variables.map((variable) => ({ variable, url, at, isOwn }));
  });
}

function columnSendings({ recipe, columns }: Plan): readonly Sending[] {
  return columns.flatMap(({ column: { name, sends = [] } }) => {
    const index = recipe.columns.findIndex((column) => column.name === name);
    return sends.map((sending) => ({ ...sending, at: ['columns', index, ...sending.at] }));
  });
}

function toolSendings(plan: Plan, settings: object): readonly Sending[] {
  return usedProviders(plan, settings).flatMap(({ config, declared }) => {
    if (!config || config.provider_type === 'stdio' || config.api_key === undefined) return [];
    const at = ['mcp_providers', declared ?? 0, 'api_key'];
    return [{ variable: config.api_key, url: config.endpoint, at, isOwn: declared === undefined }];
  });
}

export function seedSendings({ seed }: Plan, env: Environment): readonly Sending[] {
  const source = seed?.config.source;
  if (!seed || !source) return [];
  return (seed.type.sends?.(source, { env }) ?? []).map((sending) => ({
    ...sending,
    at: ['seed_config', 'source', ...sending.at],
  }));
}
