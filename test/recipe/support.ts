import { builtInRegistries } from '../../src/plugins/registries.js';
import { afterAll } from '@jest/globals';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { ColumnType, PreparedColumn } from '../../src/columns/types.js';
import { planRecipe, type PlanResult, type PlanTools } from '../../src/engine/make-plan.js';
import type { JsonSchema } from '../../src/core/json.js';
import type { Diagnostic } from '../../src/core/problem.js';
import type { ProviderDefinition } from '../../src/models/types.js';
import { loadRecipe, type LoadOptions } from '../../src/recipe/load.js';
import type { Registries } from '../../src/recipe/registries.js';
import { toDiagnostics } from '../../src/recipe/to-diagnostics.js';
import type { LoadedRecipe } from '../../src/recipe/types.js';
import type { SeedType } from '../../src/seeds/types.js';
import type { Parsed, Reference, TextTemplate } from '../../src/template/types.js';
import type { ColumnConfig } from '../../src/core/config.js';

/** A template language of one rule: `{{ a.b }}` reads `a.b`, and `{{ !` is a syntax error. */
export function parseTemplate(source: string): Parsed<TextTemplate> {
  const broken = source.indexOf('{{ !');
  if (broken !== -1) {
    const span = { offset: broken + 3, length: 1 };
    return { ok: false, error: [{ code: 'template-syntax', message: 'unexpected `!`', span }] };
  }
  const references = [...source.matchAll(/\{\{\s*([\w.]+)/g)].map((match): Reference => {
    const path = match[1] ?? '';
    const offset = match.index + match[0].length - path.length;
    return { path: path.split('.'), span: { offset, length: path.length }, optional: false };
  });
  return { ok: true, value: { source, references, render: () => ({ ok: true, value: source }) } };
}

interface FakeConfig extends ColumnConfig {
  readonly prompt?: string;
  readonly expr?: string;
  readonly model_alias?: string | readonly string[];
  readonly output_format?: JsonSchema;
}

function fakeColumn(
  type: string,
  properties: ColumnType['schema']['properties'],
  required: readonly string[],
  rules?: ColumnType['schema']['rules'],
): ColumnType<FakeConfig> {
  return {
    type,
    summary: `A ${type} column.`,
    schema: { properties, required, ...(rules ? { rules } : {}) },
    prepare(config, report): PreparedColumn {
      const key = config.prompt === undefined ? 'expr' : 'prompt';
      const parsed = parseTemplate(config[key] ?? '');
      if (!parsed.ok)
        for (const { span, ...problem } of parsed.error) report({ ...problem, at: [key], within: span });
      const references = parsed.ok
        ? parsed.value.references.map((reference) => ({ ...reference, at: [key] }))
        : [];
      const [plain] = references;
      const side = config.name === 'traced' ? ['traced__trace'] : [];
      return {
        name: config.name,
        references,
        modelAliases: [config.model_alias ?? []].flat(),
        makes: [config.name, ...side],
        types: (lookup) => [
          config.output_format ??
            (key === 'expr' && plain ? lookup(plain.path) : undefined) ?? { type: 'string' },
          ...side.map(() => ({ type: 'array' })),
        ],
        generate: () => Promise.resolve({ state: 'done', cells: {} }),
      };
    },
  };
}

const text = { type: 'string', minLength: 1 };
const alias = { oneOf: [text, { type: 'array', items: text }] };

const columnTypes = [
  fakeColumn('llm-text', { prompt: text, model_alias: alias }, ['prompt', 'model_alias']),
  fakeColumn('llm-structured', { prompt: text, model_alias: alias, output_format: { type: 'object' } }, [
    'prompt',
    'model_alias',
    'output_format',
  ]),
  fakeColumn(
    'expression',
    { expr: text, jsonata: text, dtype: { enum: ['str', 'int', 'float', 'bool'] } },
    [],
    { oneOf: [{ required: ['expr'] }, { required: ['jsonata'] }] },
  ),
];

const traces: SeedType = {
  type: 'traces',
  summary: 'Traces.',
  schema: {
    properties: {
      format: { enum: ['auto', 'atif', 'codex'] },
      path: { type: 'string', minLength: 1 },
      limit: { type: 'integer', minimum: 1 },
    },
    required: ['format'],
  },
  columns: () => [
    { name: 'trace_id', schema: { type: 'string' } },
    {
      name: 'messages',
      schema: { type: 'array', items: { type: 'object', properties: { role: {}, content: {} } } },
    },
    { name: 'source_meta', schema: { type: 'object' } },
  ],
  open: () => Promise.reject(new Error('a check must never open a seed')),
};

export const registries: Registries = {
  checks: builtInRegistries.checks,
  providers: builtInRegistries.providers,
  processorTypes: builtInRegistries.processorTypes,
  exporters: builtInRegistries.exporters,
  columnTypes: new Map(columnTypes.map((type) => [type.type, type as ColumnType])),
  seedTypes: new Map([[traces.type, traces]]),
};

const providers = new Map(
  [...builtInRegistries.providers].filter(([name]) => name === 'nvidia' || name === 'openai'),
);
const openai = [...providers.values()].find(({ name }) => name === 'openai') as ProviderDefinition;

export const tools: PlanTools = {
  parseTemplate,
  providers,
  resolveEndpoint: (provider, config) => ({
    provider,
    definition: openai,
    url: config?.endpoint ?? 'https://example.com/v1',
    keyVariable: config?.api_key,
    headers: {},
    extraBody: {},
  }),
};

const folders: string[] = [];

afterAll(() => {
  for (const root of folders) rmSync(root, { recursive: true, force: true });
});

/** Files in a folder of their own, which is gone after the tests; the path of the folder. */
export function folder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'dd-recipe-'));
  folders.push(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

export async function load(
  yaml: string,
  options: Partial<LoadOptions> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<LoadedRecipe> {
  const cwd = folder({ 'recipe.yaml': yaml, ...files });
  return loadRecipe('recipe.yaml', { cwd, ...options }, registries);
}

export interface Checked extends PlanResult {
  readonly loaded: LoadedRecipe;
  readonly diagnostics: readonly Diagnostic[];
  /** `line:column code underlined text` of each mistake, in order. */
  readonly summary: readonly string[];
}

export async function check(...args: Parameters<typeof load>): Promise<Checked> {
  const loaded = await load(...args);
  const result = planRecipe(loaded, tools);
  const diagnostics = toDiagnostics(result.problems, loaded.source);
  const summary = diagnostics.map((diagnostic) => summarize(diagnostic, loaded.source.text));
  return { ...result, loaded, diagnostics, summary };
}

function summarize({ span, code, file }: Diagnostic, source: string): string {
  if (!span) return `${file.startsWith('-') ? file : 'file'} ${code}`;
  const before = source.slice(0, span.offset).split('\n');
  const place = `${before.length}:${(before.at(-1) ?? '').length + 1}`;
  return `${place} ${code} ${source.slice(span.offset, span.offset + span.length)}`;
}
