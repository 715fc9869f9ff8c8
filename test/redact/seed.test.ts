import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createRedactor, REDACT_SCHEMA } from '../../src/redact/index.js';
import { redactSeed } from '../../src/seeds/redact-seed.js';
import type { SeedNote } from '../../src/core/events.js';
import type { Seed, SeedEntryRows } from '../../src/seeds/types.js';

const SKIPPED: SeedNote = { kind: 'skipped', source: 'logs/a.jsonl', reason: 'a line is cut off', count: 1 };

const ENTRIES: readonly SeedEntryRows[] = [
  {
    rows: [
      { source_path: '/logs/a.jsonl', text: 'password=Tr0ub4dor3 token=aB3dE5gH7jK9mN1p' },
      { source_path: '/logs/a.jsonl', text: 'PASSWORD=Tr0ub4dor4' },
    ],
    notes: [SKIPPED],
  },
  { rows: [{ source_path: '/logs/b.jsonl', text: 'nothing here' }], notes: [] },
  { rows: [{ text: 'password=Tr0ub4dor3' }], notes: [] },
];

const seed: Seed = {
  columns: [{ name: 'text', schema: { type: 'string' } }],
  entryCount: ENTRIES.length,
  notes: [],
  read: async (entry) => ENTRIES[entry] ?? { rows: [], notes: [] },
};

describe('a redacted seed', () => {
  it('gives redacted rows, and tells in notes how many of each kind an entry had', async () => {
    const redacted = redactSeed(seed, await createRedactor({}));
    expect(await redacted.read(0)).toEqual({
      rows: [
        { source_path: '/logs/a.jsonl', text: 'password=[REDACTED:password] token=[REDACTED:secret]' },
        { source_path: '/logs/a.jsonl', text: 'PASSWORD=[REDACTED:password]' },
      ],
      notes: [
        SKIPPED,
        { kind: 'redacted', source: '/logs/a.jsonl', reason: 'password', count: 2 },
        { kind: 'redacted', source: '/logs/a.jsonl', reason: 'secret', count: 1 },
      ],
    });
  });

  it('leaves entries without secrets as they are', async () => {
    const redacted = redactSeed(seed, await createRedactor({}));
    expect(await redacted.read(1)).toEqual(ENTRIES[1]);
    expect(redacted.columns).toBe(seed.columns);
    expect(redacted.entryCount).toBe(seed.entryCount);
  });

  it('tells of files without the secrets in their names', async () => {
    const token = `gh${'p_aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zZ'}`;
    const note = (name: string): SeedNote => ({
      kind: 'filtered',
      source: `traces/${name}.cut.jsonl`,
      reason: `copy of ${name}.whole.jsonl`,
      count: 2,
    });
    const named = { ...seed, notes: [note(token)], read: async () => ({ rows: [], notes: [note(token)] }) };
    const redacted = redactSeed(named, await createRedactor({}));
    expect(redacted.notes).toEqual([note('[REDACTED:github-pat]')]);
    expect((await redacted.read(0)).notes).toEqual([note('[REDACTED:github-pat]')]);
  });

  it('names an entry by its position when nothing else names it', async () => {
    const { notes } = await redactSeed(seed, await createRedactor({})).read(2);
    expect(notes).toEqual([{ kind: 'redacted', source: 'file 3', reason: 'password', count: 1 }]);
  });
});

describe('the schema of seed_config.redact', () => {
  const validate = new Ajv2020({ strict: true }).compile(REDACT_SCHEMA);

  it.each([true, false, {}, { secrets: false, emails: true, user_names: true }])('takes %j', (value) => {
    expect(validate(value)).toBe(true);
  });

  it.each(['yes', 1, null, { email: true }, { emails: 'yes' }])('refuses %j', (value) => {
    expect(validate(value)).toBe(false);
  });
});
