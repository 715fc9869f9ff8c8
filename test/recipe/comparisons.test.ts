import { builtInRegistries } from '../../src/plugins/registries.js';
import { describe, expect, it } from '@jest/globals';

import { planRecipe, type PlanTools } from '../../src/engine/make-plan.js';
import { resolveEndpoint } from '../../src/models/providers/providers.js';
import { loadRecipe } from '../../src/recipe/load.js';
import { toDiagnostics } from '../../src/recipe/to-diagnostics.js';
import { parseTemplate } from '../../src/template/jinja.js';
import { folder } from './support.js';

const registries = builtInRegistries;

const { providers } = builtInRegistries;

const tools: PlanTools = {
  parseTemplate,
  providers,
  resolveEndpoint: (provider, config) => resolveEndpoint(provider, config, {}, providers),
};

const base = `model_configs:
  - { alias: m, provider: ollama, model: x }
seed_config: { source: { seed_type: agent_rollout, format: codex } }
columns:
  - name: digest
    column_type: llm-structured
    model_alias: m
    prompt: "{{ messages[:4] }}"
    output_format:
      type: object
      properties:
        level: { enum: [high, low] }
        free: { type: string }
        count: { type: integer }
        sure: { type: boolean }
        grade: { enum: [4, 3, 2] }
        tags: { type: array, items: { enum: [a, b] } }
        chained: { $ref: "#/$defs/one" }
        mixed: { anyOf: [{ enum: [x] }, { type: string }] }
      $defs: { one: { $ref: "#/$defs/two" }, two: { enum: [yes, no] } }
  - name: maybe
    column_type: expression
    jsonata: digest.level
    skip: { when: "{{ is_sidechain }}" }
  - name: text
    column_type: expression
    expr: "{{ digest.count > 3 }}"
  - name: out
    column_type: expression
    dtype: bool
`;

async function codes(column: string): Promise<readonly string[]> {
  const cwd = folder({ 'recipe.yaml': base + column });
  const loaded = await loadRecipe('recipe.yaml', { cwd }, registries);
  const { problems } = planRecipe(loaded, tools);
  return toDiagnostics(problems, loaded.source).map(({ code, span }) => {
    const at = span ? loaded.source.text.slice(span.offset, span.offset + span.length) : '';
    return `${code} ${at}`;
  });
}

describe('a comparison', () => {
  it.each<[string, readonly string[]]>([
    ["{{ digest.level == 'hihg' }}", ['impossible-value hihg']],
    ["{{ 'hihg' == digest.level }}", ['impossible-value hihg']],
    ["{{ digest.level != 'hihg' }}", ['impossible-value hihg']],
    ["{{ maybe == 'hihg' }}", ['impossible-value hihg']],
    ["{{ digest.level not in ['hihg', 'low'] }}", ['impossible-value hihg']],
    ["{{ digest.chained == 'perhaps' }}", ['impossible-value perhaps']],
    ["{{ digest.tags[0] == 'c' }}", ['impossible-value c']],
    ["{% set t = digest %}{{ t.level == 'hihg' }}", ['impossible-value hihg']],
    ["{% for t in digest.tags %}{{ t == 'c' }}{% endfor %}", ['impossible-value c']],
    ["{{ digest.count == 'many' }}", ['impossible-value many']],
    ["{{ digest.tags == 'a' }}", ['impossible-value a']],
  ])('with what never comes is reported: %s', async (expr, expected) => {
    expect(await codes(`    expr: "${expr}"\n`)).toEqual(expected);
  });

  it.each([
    "{{ digest.level == 'high' }}",
    "{{ maybe == 'high' }}",
    "{{ digest.free == 'anything' }}",
    "{{ digest.mixed == 'anything' }}",
    "{{ digest.count == '4' }}",
    '{{ digest.count >= 1000 }}',
    "{{ (digest.level | upper) == 'HIGH' }}",
    "{{ digest.level ~ 'x' == 'highx' }}",
    "{% set t = digest.level %}{% if digest.free %}{% set t = digest.free %}{% endif %}{{ t == 'any' }}",
    "{% for key in digest %}{{ key == 'level' }}{% endfor %}",
    "{% for key, value in digest.items() %}{{ value == 'any' }}{% endfor %}",
    "{{ source_meta.anything.at.all == 'x' }}",
    "{{ digest.free.split(',')[0] == 'x' }}",
  ])('that may hold is left alone: %s', async (expr) => {
    expect(await codes(`    expr: "${expr}"\n`)).toEqual([]);
  });

  it.each<[string, readonly string[]]>([
    ["{{ digest.sure == 'True' }}", ['impossible-value True']],
    ["{{ digest.sure in ['False'] }}", ['impossible-value False']],
    ["{{ text == 'True' }}", ['python-value True']],
    ["{{ text != 'None' }}", ['python-value None']],
    ["{{ '3' == digest.grade }}", ['python-value 3']],
    ["{{ digest.grade in ['3', '4'] }}", ['python-value 3', 'python-value 4']],
    ["{{ digest.grade == '9' }}", ['impossible-value 9']],
    ["{{ digest.sure == 'true' }}", ['impossible-value true']],
    ['{{ digest.sure == true }}', []],
    ['{{ digest.grade == 3 }}', []],
    ["{{ text == 'true' }}", []],
    ["{{ digest.free == 'True' }}", []],
  ])('with a value as Python writes it is told: %s', async (expr, expected) => {
    expect(await codes(`    expr: "${expr}"\n`)).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['digest.level = "hihg"', ['impossible-value hihg']],
    ['digest.level in ["hihg", "low"]', ['impossible-value hihg']],
    ['5 = digest.count and digest.level != "x"', ['impossible-value x']],
    ['digest.level = "high"', []],
    ['$lowercase(digest.level) = "x"', []],
  ])('is checked in JSONata: %s', async (jsonata, expected) => {
    expect(await codes(`    jsonata: '${jsonata}'\n`)).toEqual(expected);
  });
});
