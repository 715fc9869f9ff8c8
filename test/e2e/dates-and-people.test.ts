/** Samplers of dates and people, and distributions, as a recipe uses them. */
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from '@jest/globals';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage();

async function dd(columns: string, ...args: readonly string[]): Promise<Ended> {
  await stage.workspace.write('r.yaml', `name: made\nnum_records: 40\n${columns}`);
  const [command = 'run', ...flags] = args;
  return stage.workspace.run([command, 'r.yaml', ...(command === 'run' ? ['--quiet'] : []), ...flags]);
}

const ORDERS = `columns:
  - name: ordered
    column_type: sampler
    sampler_type: datetime
    params: { start: 2024-01-01, end: 2024-02-01, unit: s }
    convert_to: "%d.%m.%Y"
  - name: shipped
    column_type: sampler
    sampler_type: timedelta
    params: { dt_min: 1, dt_max: 5, reference_column_name: ordered }
  - name: seen
    column_type: sampler
    sampler_type: timedelta
    params: { dt_min: 1, dt_max: 90, reference_column_name: shipped, unit: m }
    convert_to: "%H:%M"
  - name: month_half
    column_type: sampler
    sampler_type: category
    params: { values: [second] }
    conditional_params: { "ordered < '2024-01-16'": { values: [first] } }
  - { name: text, column_type: expression, expr: "{{ ordered }} {{ shipped }} {{ seen }}" }
`;

describe('dates', () => {
  it('are read unformatted by other samplers, and formatted by all else', async () => {
    expect((await dd(ORDERS)).code).toBe(0);
    const rows = await stage.workspace.rows('made');
    expect(rows).toHaveLength(40);
    for (const { ordered, shipped, seen, month_half: half, text } of rows) {
      expect(ordered).toMatch(/^\d\d\.01\.2024$/);
      expect(shipped).toMatch(/^2024-0[12]-\d\dT\d\d:\d\d:\d\d$/);
      expect(seen).toMatch(/^\d\d:\d\d$/);
      const day = Number(String(ordered).slice(0, 2));
      const days =
        (Date.parse(`${String(shipped).slice(0, 10)}T00:00Z`) - Date.UTC(2024, 0, day)) / 86_400_000;
      expect([1, 2, 3, 4]).toContain(days);
      expect(half).toBe(day < 16 ? 'first' : 'second');
      expect(text).toBe(`${String(ordered)} ${String(shipped)} ${String(seen)}`);
    }
    expect(new Set(rows.map((row) => row['shipped'])).size).toBeGreaterThan(30);
  });

  it('have mistakes at load: an order, a pattern, a reference that has no dates', async () => {
    const ended = await dd(
      `columns:
  - { name: a, column_type: sampler, sampler_type: datetime, params: { start: 2024-02-01, end: 2024-01-01 } }
  - { name: b, column_type: sampler, sampler_type: datetime, params: { start: 2024-01-01, end: 2024-02-01 }, convert_to: "%A" }
  - { name: n, column_type: sampler, sampler_type: uniform, params: { low: 0, high: 1 } }
  - { name: c, column_type: sampler, sampler_type: timedelta, params: { dt_min: 0, dt_max: 2, reference_column_name: n } }
`,
      'validate',
    );
    expect(ended.code).toBe(2);
    for (const message of [
      '`end` (2024-01-01) is not after `start` (2024-02-01)',
      '`%A` alone is no date',
      '`n` (uniform) has no dates',
    ])
      expect(ended.stdout + ended.stderr).toContain(message);
  });
});

const PEOPLE = `columns:
  - name: parent
    column_type: sampler
    sampler_type: person_from_faker
    params: { locale: de_DE, sex: Female, city: [Rome, Oslo], age_range: [30, 40] }
  - name: child
    column_type: sampler
    sampler_type: person_from_faker
    params: { age_range: [5, 16], reference_date: 2020-06-15 }
    conditional_params: { "parent.city == 'Rome'": { locale: it_IT, age_range: [1, 2] } }
  - { name: who, column_type: expression, expr: "{{ parent.first_name }}, {{ parent.city }}, {{ child.phone_number }}" }
`;

describe('people', () => {
  it('are objects whose fields templates and conditions read, with their types in Parquet', async () => {
    expect((await dd(PEOPLE)).code).toBe(0);
    const rows = (await stage.workspace.rows('made')) as readonly {
      readonly [name: string]: { readonly [field: string]: unknown };
    }[];
    for (const { parent = {}, child = {}, who } of rows) {
      expect(parent).toMatchObject({ locale: 'de_DE', sex: 'Female', country: 'Deutschland' });
      expect(['Rome', 'Oslo']).toContain(parent['city']);
      expect(child).toMatchObject({ marital_status: 'never_married', occupation: null, email_address: null });
      expect(child['locale']).toBe(parent['city'] === 'Rome' ? 'it_IT' : 'en_US');
      expect(who).toBe(`${String(parent['first_name'])}, ${String(parent['city'])}, `);
    }
    const file = await asyncBufferFromFile(stage.workspace.path('artifacts/made/data/part-00000.parquet'));
    const [first] = await parquetReadObjects({ file });
    expect(first).toMatchObject({
      parent: { first_name: rows[0]?.['parent']?.['first_name'], middle_name: null },
    });
  });

  it('are the same in every run, in partitions and with other columns beside them', async () => {
    await dd(PEOPLE);
    const rows = await stage.workspace.rows('made');
    await dd(
      PEOPLE.replace('name: who', 'name: other'),
      'run',
      '--partition-index',
      '1',
      '--num-partitions',
      '2',
    );
    const half = await stage.workspace.rows('made-part-00001-of-00002');
    expect(half.map(({ parent, child }) => ({ parent, child }))).toEqual(
      rows.slice(20).map(({ parent, child }) => ({ parent, child })),
    );
  });

  it('have mistakes at load: a locale without people, a field that is none, managed people', async () => {
    const ended = await dd(
      `columns:
  - { name: a, column_type: sampler, sampler_type: person_from_faker, params: { locale: es_AR } }
  - { name: b, column_type: sampler, sampler_type: person_from_faker }
  - { name: c, column_type: sampler, sampler_type: person, params: { with_synthetic_personas: true } }
  - { name: text, column_type: expression, expr: "{{ b.frist_name }}" }
`,
      'validate',
    );
    expect(ended.code).toBe(2);
    for (const message of ['the nearest one is `es_MX`', 'did you mean `first_name`?', '`person_from_faker`'])
      expect(ended.stdout + ended.stderr).toContain(message);
  });
});
