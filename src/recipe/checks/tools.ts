import { isObject, type Json } from '../../core/json.js';
import { getList } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { correction } from '../../core/suggest.js';
import type { Check } from './check.js';

/** Aliases of tools and names of their providers: unknown ones, and those that are used twice. */
export const tools: Check = {
  name: 'tools',
  run: ({ recipe, columns }) => {
    const configs = getList(recipe, 'tool_configs');
    const providers = getList(recipe, 'mcp_providers');
    const aliases = namesIn(configs, 'tool_alias');
    const used = new Set(columns.map(({ config }) => config['tool_alias']));
    return [
      ...duplicates('tool_configs', 'tool_alias', configs),
      ...duplicates('mcp_providers', 'name', providers),
      ...columns.flatMap(({ config, at }): readonly Problem[] => {
        const alias = config['tool_alias'];
        if (typeof alias !== 'string' || aliases.includes(alias)) return [];
        return [
          {
            code: 'unknown-tools',
            message: `no tools have the alias \`${alias}\``,
            ...correction(
              alias,
              aliases,
              aliases.length === 0 ? 'declare it under `tool_configs:`' : undefined,
            ),
            at: [...at, 'tool_alias'],
          },
        ];
      }),
      ...configs.flatMap((config, index) => elsewhere(config, index, namesIn(providers, 'name'))),
      ...configs.flatMap((config, index): readonly Problem[] => {
        const alias = isObject(config) ? config['tool_alias'] : undefined;
        if (typeof alias !== 'string' || used.has(alias)) return [];
        return [
          {
            severity: 'warning',
            code: 'unused-tools',
            message: `no column uses the tools \`${alias}\``,
            hint: 'name them in a `tool_alias`, or remove them',
            at: ['tool_configs', index, 'tool_alias'],
          },
        ];
      }),
    ];
  },
};

const namesIn = (entries: readonly Json[], key: string): readonly string[] =>
  entries.flatMap((entry) => (isObject(entry) && typeof entry[key] === 'string' ? [entry[key]] : []));

/** A person may have providers of tools in the settings: a recipe that names one is no mistake. */
function elsewhere(config: Json, index: number, known: readonly string[]): readonly Problem[] {
  const named = isObject(config) && Array.isArray(config['providers']) ? config['providers'] : [];
  return named.flatMap((name: Json, position): readonly Problem[] => {
    if (typeof name !== 'string' || known.includes(name)) return [];
    return [
      {
        severity: 'warning',
        code: 'unknown-tool-provider',
        message: `the recipe has no tool provider \`${name}\``,
        ...correction(
          name,
          known,
          'declare it under `mcp_providers:`, or under the same key of your settings',
        ),
        at: ['tool_configs', index, 'providers', position],
      },
    ];
  });
}

function duplicates(section: string, key: string, entries: readonly Json[]): readonly Problem[] {
  const names = entries.map((entry) => (isObject(entry) ? entry[key] : undefined));
  return names.flatMap((name, index): readonly Problem[] => {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === index) return [];
    return [
      {
        code: 'duplicate-tools',
        message: `\`${name}\` is used twice: entries ${first + 1} and ${index + 1} of \`${section}\``,
        hint: 'keep one of them',
        at: [section, index, key],
      },
    ];
  });
}
