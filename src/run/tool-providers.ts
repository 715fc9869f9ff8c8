/** The providers of tools that the columns of a plan use: those of the recipe, and those of the person's settings. */
import type { McpProviderConfig } from '../core/config.js';
import { isObject, type JsonPath } from '../core/json.js';
import type { Plan } from '../engine/types.js';

export interface UsedProvider {
  readonly name: string;
  /** `undefined` where neither the recipe nor the settings have one of this name. */
  readonly config: McpProviderConfig | undefined;
  /** Its number in `mcp_providers` of the recipe; `undefined` where it is not the recipe's. */
  readonly declared: number | undefined;
  /** The key that names it. */
  readonly at: JsonPath;
}

/** The `tool_alias` of columns. */
export const toolAliasesOf = ({ recipe }: Plan): readonly string[] => [
  ...new Set(
    recipe.columns.flatMap((column) => {
      const alias = (column as { readonly tool_alias?: unknown }).tool_alias;
      return typeof alias === 'string' ? [alias] : [];
    }),
  ),
];

/** One for each time that a tool alias in use names one. The recipe's go before those of the settings. */
export function usedProviders(plan: Plan, settings: object): readonly UsedProvider[] {
  const { tool_configs: configs = [], mcp_providers: own = [] } = plan.recipe;
  const aliases = toolAliasesOf(plan);
  const personal = new Map(
    providersIn('mcp_providers' in settings ? settings.mcp_providers : []).map((config) => [
      config.name,
      config,
    ]),
  );
  return configs.flatMap((config, at) =>
    aliases.includes(config.tool_alias)
      ? config.providers.map((name, index) => {
          const declared = own.findIndex((provider) => provider.name === name);
          return {
            name,
            config: own[declared] ?? personal.get(name),
            declared: declared === -1 ? undefined : declared,
            at: ['tool_configs', at, 'providers', index],
          };
        })
      : [],
  );
}

/** Those of the settings, which nothing else has checked. */
function providersIn(listed: unknown): readonly McpProviderConfig[] {
  return (Array.isArray(listed) ? (listed as readonly unknown[]) : []).filter(
    (entry): entry is McpProviderConfig & object => {
      if (!isObject(entry) || typeof entry['name'] !== 'string') return false;
      const { provider_type: type, command, args = [], env = {}, endpoint } = entry;
      if (type === 'stdio')
        return (
          typeof command === 'string' &&
          Array.isArray(args) &&
          args.every((arg) => typeof arg === 'string') &&
          isObject(env) &&
          Object.values(env).every((value) => typeof value === 'string')
        );
      return (type === 'sse' || type === 'streamable_http') && typeof endpoint === 'string';
    },
  );
}
