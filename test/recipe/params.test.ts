import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { readParamSpecs } from '../../src/recipe/params/specs.js';
import { check, folder, load } from './support.js';

const head = `
params:
  format: { enum: [auto, atif, codex], default: auto }
  trace_dir: { type: string, format: path }
  limit: { type: integer }
  ratio: { type: number }
  careful: { type: boolean, default: false }
  level: { enum: [1, 2], default: 1 }
  label: {}
`;

const recipe = `${head}
description: "\${{ params.format }} \${{ params.trace_dir }} \${{ params.limit }} \${{ params.ratio }} \${{ params.careful }} \${{ params.level }} \${{ params.label }}"
columns: [{ name: a, column_type: expression, expr: x }]
`;

const flags = (params: Record<string, string | number | boolean>) => load(recipe, { params });

describe('values of params', () => {
  it('are the defaults where no flag is given', async () => {
    const { params } = await flags({});
    expect(params).toEqual({ format: 'auto', careful: false, level: 1 });
  });

  it('are read as the type that was declared', async () => {
    const { params } = await flags({
      format: 'codex',
      limit: '12',
      ratio: '0.5',
      careful: 'yes',
      level: '2',
      label: '007',
    });
    expect(params).toEqual({ format: 'codex', limit: 12, ratio: 0.5, careful: true, level: 2, label: '007' });
  });

  it('may be given typed, as a library does', async () => {
    expect((await flags({ limit: 3, careful: true })).params).toMatchObject({ limit: 3, careful: true });
  });

  it('become absolute when they are paths from the command line', async () => {
    const { params, file } = await flags({ trace_dir: './traces' });
    expect(params['trace_dir']).toBe(join(file, '..', 'traces'));
    expect((await flags({ trace_dir: '~/traces' })).params['trace_dir']).toBe('~/traces');
  });

  it('stay relative to the recipe when they are paths of the recipe', async () => {
    const { params } = await load(
      'params: { dir: { format: path, default: ../x } }\ndescription: ${{ params.dir }}\n',
    );
    expect(params).toEqual({ dir: '../x' });
  });

  const refused: readonly [flag: string, value: string, message: string, hint?: string][] = [
    ['format', 'codx', 'takes one of auto, atif, codex, not `codx`', 'did you mean `codex`?'],
    ['limit', '1.5', 'takes a whole number, not `1.5`'],
    ['limit', '', 'takes a whole number, not ``'],
    ['ratio', 'half', 'takes a number, not `half`'],
    ['careful', 'maybe', 'takes true or false, not `maybe`'],
    ['trace_dir', '', 'takes a path, not an empty value'],
    ['formt', 'codex', 'this recipe has no param `formt`', 'did you mean `format`?'],
  ];
  for (const [flag, value, message, hint] of refused) {
    it(`are refused by the name of the flag: ${flag}=${value}`, async () => {
      const { diagnostics } = await check(recipe, { params: { [flag]: value } });
      const reported = diagnostics.filter(({ code }) => code === 'invalid-param');
      expect(reported).toEqual([
        {
          severity: 'error',
          code: 'invalid-param',
          message,
          file: `--${flag.replace('_', '-')}`,
          ...(hint ? { hint } : {}),
        },
      ]);
    });
  }
});

describe('declarations of params', () => {
  const cases: readonly [name: string, yaml: string, expected: string][] = [
    ['a flag of dd itself', 'seed: {}', '2:3 reserved-param seed'],
    ['a default outside the enum', 'a: { enum: [x], default: y }', '2:28 invalid-param y'],
    ['a default of another type', 'a: { type: integer, default: y }', '2:32 invalid-param y'],
    ['a choice of another type', 'a: { type: integer, enum: [1, y] }', '2:33 invalid-param y'],
    ['camel case', 'traceDir: {}', '2:3 invalid-name traceDir'],
    ['an unknown key', 'a: { typ: string }', '2:8 unknown-key typ'],
    ['an unknown type', 'a: { type: int }', '2:14 unknown-value int'],
  ];
  for (const [name, spec, expected] of cases) {
    it(`are checked: ${name}`, async () => {
      const yaml = `params:\n  ${spec}\ndescription: "\${{ params.a }}"\ncolumns: [{ name: c, column_type: expression, expr: x }]\n`;
      const { summary } = await check(yaml, { reservedFlags: ['--seed'] });
      expect(summary.filter((line) => !/unknown-param|unused-param|missing-param/.test(line))).toEqual([
        expected,
      ]);
    });
  }

  it('are warned about when nothing uses them', async () => {
    const { summary, plan } = await check(
      'params: { a: {} }\ncolumns: [{ name: c, column_type: expression, expr: x }]\n',
    );
    expect(summary).toEqual(['1:11 unused-param a']);
    expect(plan).toBeDefined();
  });
});

const withParams = (yaml: string, params = {}) => load(`${head}${yaml}`, { params });

const column = (expr: string): string =>
  `params: { format: { default: a }, dir: {} }\ndescription: "\${{ params.format }}\${{ params.dir }}"\ncolumns:\n  - name: c\n    column_type: expression\n    expr: ${expr}\n`;

describe('${{ params.x }}', () => {
  it('takes the typed value when it is the whole value', async () => {
    const { recipe } = await withParams('x: "${{ params.limit }}"\ny: ${{params.careful}}\n', { limit: '5' });
    expect(recipe).toMatchObject({ x: 5, y: false });
  });

  it('leaves the key out when the param has no value', async () => {
    const { recipe } = await withParams(
      'seed_config: { source: { path: "${{ params.trace_dir }}", b: 1 } }\n',
    );
    expect(recipe?.seed_config).toEqual({ source: { b: 1 } });
  });

  it('is written out inside other text, and escaped by a second dollar', async () => {
    const { recipe } = await withParams(
      'x: "a ${{ params.level }}b$${{ params.level }} ${{ params.format }}"\n',
    );
    expect(recipe).toMatchObject({ x: 'a 1b${{ params.level }} auto' });
  });

  it('is filled in once: a value is never read again', async () => {
    const { recipe } = await withParams('x: "<${{ params.label }}>"\n', { label: '${{ params.format }}' });
    expect(recipe).toMatchObject({ x: '<${{ params.format }}>' });
  });

  it('is never filled in inside keys, nor in the params themselves', async () => {
    const { recipe } = await load('params: { a: { default: "${{ params.b }}" } }\n"${{ params.a }}": 1\n');
    expect(recipe).toMatchObject({ '${{ params.a }}': 1, params: { a: { default: '${{ params.b }}' } } });
  });

  const cases: readonly [name: string, expr: string, expected: string][] = [
    ['an unknown param', '"${{ params.frmat }}"', '6:23 unknown-param frmat'],
    ['an unknown param in text', '"hi ${{ params.frmat }} {{ x }}"', '6:26 unknown-param frmat'],
    ['anything but a param', '"a ${{ env.HOME }}"', '6:14 param-syntax ${{ env.HOME }}'],
    ['an open end', '"a ${{ params.x"', '6:14 param-syntax ${{ params.x'],
    ['a param without a value in text', '"a ${{ params.dir }}"', '6:14 missing-param ${{ params.dir }}'],
  ];
  for (const [name, expr, expected] of cases) {
    it(`points at ${name}, and at nothing else in that value`, async () => {
      const { summary } = await check(column(expr), { params: { dir: 'd' } });
      const { summary: withoutValue } = await check(column(expr));
      const [reported] = name.includes('without a value') ? [withoutValue] : [summary];
      expect(reported?.filter((line) => line.startsWith('6:'))).toEqual([expected]);
    });
  }

  it('moves no place behind it', async () => {
    const { summary } = await check(
      `${head}columns:\n  - name: c\n    column_type: expression\n    expr: "\${{ params.format }} {{ typo }} $\${{ x }} {{ other }}"\n`,
      { params: { format: 'codex' } },
    );
    expect(summary.filter((line) => line.includes('unknown-column'))).toEqual([
      '13:36 unknown-column typo',
      '13:49 unknown-column x',
      '13:57 unknown-column other',
    ]);
  });

  it('is where a wrong value that came from a param is reported', async () => {
    const { summary } = await check(
      'params: { n: { type: integer, default: 0 } }\nseed_config:\n  source: { seed_type: traces, format: atif, limit: "${{ params.n }}" }\ncolumns: [{ name: c, column_type: expression, expr: x }]\n',
    );
    expect(summary).toEqual(['3:53 invalid-value "${{ params.n }}"']);
  });

  it('cannot leave an entry of a list without a value', async () => {
    const { summary } = await check(
      'params: { n: {} }\ncolumns: [{ name: c, column_type: expression, expr: x }, "${{ params.n }}"]\n',
    );
    expect(summary).toEqual(['2:58 missing-param "${{ params.n }}"']);
  });
});

describe('readParamSpecs', () => {
  it('tells names, flags, types and descriptions', async () => {
    const root = folder({
      'a.yaml': 'params:\n  trace_dir: { format: path, description: Where. }\n  n: { default: 3 }\n',
    });
    expect(await readParamSpecs(join(root, 'a.yaml'))).toEqual([
      {
        name: 'trace_dir',
        flag: '--trace-dir',
        type: 'string',
        spec: { format: 'path', description: 'Where.' },
      },
      { name: 'n', flag: '--n', type: 'integer', spec: { default: 3 } },
    ]);
  });

  it('finds none, and throws nothing, in files that are missing or broken', async () => {
    const root = folder({
      'a.yaml': 'a: [',
      'b.yaml': 'params: 3',
      'c.yaml': '',
      'd.yaml': 'params: { Bad-Name: {}, __proto__: {} }',
    });
    for (const name of ['a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'nope.yaml']) {
      expect(await readParamSpecs(join(root, name))).toEqual([]);
    }
  });

  it('looks into the wrapper of Data Designer', async () => {
    const root = folder({ 'a.yaml': 'data_designer:\n  params: { a: null }\n' });
    expect((await readParamSpecs(join(root, 'a.yaml'))).map(({ name }) => name)).toEqual(['a']);
  });
});
