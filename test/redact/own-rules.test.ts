import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ownRuleProblems } from '../../src/redact/own-rules.js';
import { REDACT_SCHEMA } from '../../src/redact/index.js';
import { check } from '../recipe/support.js';
import { redactText } from './support.js';

const ACME = { kind: 'acme-token', pattern: 'acme_[a-z0-9]{8,}' };

describe('rules of a recipe', () => {
  it('replace what their pattern matches, with or without the other secrets', async () => {
    const text = 'acme_a1b2c3d4 PASSWORD=Tr0ub4dor3 xacme_12';
    expect(await redactText(text, { rules: [ACME] })).toBe(
      '[REDACTED:acme-token] PASSWORD=[REDACTED:password] xacme_12',
    );
    expect(await redactText(text, { secrets: false, rules: [ACME] })).toBe(
      '[REDACTED:acme-token] PASSWORD=Tr0ub4dor3 xacme_12',
    );
  });

  it('begin a word where the pattern says so', async () => {
    const rules = [{ kind: 'employee', pattern: String.raw`\bEMP-\d{6}` }];
    expect(await redactText('EMP-123456 TEMP-123456', { rules })).toBe('[REDACTED:employee] TEMP-123456');
    expect(await redactText('{"a":"\\nEMP-123456"}', { rules })).toBe('{"a":"\\n[REDACTED:employee]"}');
  });

  it('take linear time', async () => {
    const text = 'acme_'.repeat(60_000);
    expect(await redactText(text, { rules: [{ kind: 'x', pattern: 'acme_[a-z_]*!' }] })).toBe(text);
  });
});

describe('allowed values', () => {
  it('stay, by a pattern of the whole value', async () => {
    const text = 'PASSWORD=Tr0ub4dor3 PASSWORD=Tr0ub4dor4';
    const redacted = await redactText(text, { allow: ['Tr0.*3'] });
    expect(redacted).toBe('PASSWORD=Tr0ub4dor3 PASSWORD=[REDACTED:password]');
    expect(await redactText(String(redacted), { allow: ['Tr0.*3'] })).toBe(redacted);
    expect(await redactText('PASSWORD=Tr0ub4dor3', { allow: ['ub4'] })).toBe('PASSWORD=[REDACTED:password]');
  });
});

describe('mistakes in patterns', () => {
  it.each([
    ['[a-z]{8}', 'this pattern must begin with three plain characters or more, by which texts are searched'],
    ['ab+c', 'this pattern must begin with three plain characters or more, by which texts are searched'],
    ['acme_(', 'this is not a regular expression of JavaScript'],
    ['acme_(a+)+$', 'this regular expression can be very slow (catastrophic backtracking)'],
  ])('are named: %s', (pattern, message) => {
    expect(ownRuleProblems({ rules: [{ kind: 'x', pattern }] })).toMatchObject([
      { message, at: ['rules', 0, 'pattern'] },
    ]);
  });

  it('are found in a recipe, at their place', async () => {
    const { summary } = await check(`
seed_config:
  source: { seed_type: traces, format: auto }
  redact: { rules: [ { kind: x, pattern: 'acme_(a+)+$' } ], allow: [ '(' ] }
columns: []
`);
    expect(summary.slice(0, 2)).toEqual(["4:42 invalid-value 'acme_(a+)+$'", "4:70 invalid-value '('"]);
  });

  it('are refused by the schema: a kind that would not be a word of a mark', () => {
    const validate = new Ajv2020({ strict: true }).compile(REDACT_SCHEMA);
    expect(validate({ rules: [ACME], allow: ['a'] })).toBe(true);
    for (const kind of ['Acme', 'a b', '']) expect(validate({ rules: [{ ...ACME, kind }] })).toBe(false);
    expect(validate({ rules: [{ kind: 'x' }] })).toBe(false);
  });
});
