import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../src/core/json.js';
import { dedupeSeed } from '../../src/seeds/dedupe.js';
import type { Seed, SeedRow } from '../../src/seeds/types.js';
import { filterSeed, parseWhere } from '../../src/seeds/where.js';
import type { Where } from '../../src/core/config.js';
import type { SeedNote } from '../../src/core/events.js';

/** A seed whose every entry holds the rows given for it. */
function seedOf(...entries: readonly (readonly SeedRow[])[]): Seed {
  return {
    columns: [],
    entryCount: entries.length,
    notes: [],
    read: async (entry) => ({ rows: entries[entry] ?? [], notes: [] }),
  };
}

async function readAll(
  seed: Seed,
): Promise<{ readonly rows: readonly SeedRow[]; readonly notes: readonly SeedNote[] }> {
  const reads = await Promise.all(Array.from({ length: seed.entryCount }, (_, entry) => seed.read(entry)));
  return { rows: reads.flatMap(({ rows }) => rows), notes: reads.flatMap(({ notes }) => notes) };
}

describe('where', () => {
  const rows = [
    { source_path: 'a', tool_call_count: 5, is_sidechain: false, cwd: null },
    { source_path: 'b', tool_call_count: 5, is_sidechain: true, cwd: '/b' },
    { source_path: 'c', tool_call_count: 1, is_sidechain: false, cwd: '/c' },
  ];

  async function wanted(
    where: Where,
  ): Promise<{ readonly kept: readonly Json[]; readonly notes: readonly string[] }> {
    const condition = parseWhere(where, (problem) => {
      throw new Error(problem.message);
    });
    if (!condition) throw new Error('not parsed');
    const { rows: kept, notes } = await readAll(filterSeed(seedOf(rows), condition));
    return {
      kept: kept.map((row) => row['source_path'] ?? null),
      notes: notes.map(({ kind, source, reason }) => `${kind} ${source}: ${reason}`),
    };
  }

  it('says of a condition that is not whole where it ends, in the words in which it was written', () => {
    const problems: unknown[] = [];
    expect(parseWhere('tool_call_count >', (problem) => problems.push(problem))).toBeUndefined();
    expect(problems).toMatchObject([{ message: expect.stringMatching(/it ends too soon$/), at: [] }]);
  });

  it('keeps the rows that a Jinja condition holds for, and counts the others', async () => {
    expect(await wanted('tool_call_count > 3 and not is_sidechain')).toEqual({
      kept: ['a'],
      notes: ['filtered b: `where` does not hold', 'filtered c: `where` does not hold'],
    });
  });

  it('takes braces and JSONata as well', async () => {
    expect((await wanted('{{ is_sidechain }}')).kept).toEqual(['b']);
    expect((await wanted({ jsonata: '$contains(cwd ?? "", "/")' })).kept).toEqual(['b', 'c']);
  });

  it('leaves out, with the reason, a row for which it cannot be worked out', async () => {
    const { kept, notes } = await wanted('cwd > 3');
    expect(kept).toEqual([]);
    expect(notes[0]).toMatch(/^filtered a: `where` could not be worked out: /);
  });

  it.each<[Where, string]>([
    ['tool_call_count >', 'tool_call_count >'],
    ['tool_call_count | lenght', 'lenght'],
    [{ jsonata: 'a[' }, 'a['],
  ])('points at the mistake in %j', (where, marked) => {
    const text = typeof where === 'string' ? where : where.jsonata;
    const places: string[] = [];
    parseWhere(where, ({ within }) =>
      places.push(text.slice(within?.offset, (within?.offset ?? 0) + (within?.length ?? 0))),
    );
    expect(places).toEqual([marked]);
  });
});

describe('dedupe', () => {
  const row = (trace_id: string, source_path: string, ...messages: readonly string[]): SeedRow => ({
    trace_id,
    source_path,
    messages,
  });
  const identify = ({ trace_id, messages }: SeedRow) => ({
    id: String(trace_id),
    parts: messages as readonly Json[],
  });
  const names = (rows: readonly SeedRow[]): readonly Json[] =>
    rows.map(({ source_path }) => source_path ?? null);

  it('keeps the longest of the copies of one session and says where it is', async () => {
    const seed = await dedupeSeed(
      seedOf([row('s', 'short', 'a', 'b')], [row('s', 'long', 'a', 'b', 'c')], [row('t', 'other', 'a')]),
      identify,
    );
    const { rows, notes } = await readAll(seed);
    expect(names(rows)).toEqual(['long']);
    expect(notes.map(({ kind, source, reason }) => `${kind} ${source}: ${reason}`)).toEqual([
      'filtered short: a copy of a longer or equal conversation in long (same id)',
      'filtered other: a copy of a longer or equal conversation in long (its beginning)',
    ]);
  });

  it('recognises a copy under another name by its messages', async () => {
    const seed = await dedupeSeed(
      seedOf([row('old', 'before', 'a', 'b')], [row('new', 'resumed', 'a', 'b', 'c')]),
      identify,
    );
    expect(names((await readAll(seed)).rows)).toEqual(['resumed']);
  });

  it('keeps conversations that only begin alike', async () => {
    const seed = await dedupeSeed(seedOf([row('x', '1', 'a', 'b')], [row('y', '2', 'a', 'c')]), identify);
    expect(names((await readAll(seed)).rows)).toEqual(['1', '2']);
  });

  it('keeps the first of equal ones, also within one entry, and gives the same every time', async () => {
    const seed = await dedupeSeed(
      seedOf([row('x', '1', 'a'), row('x', '2', 'a')], [row('x', '3', 'a')]),
      identify,
    );
    expect(names((await readAll(seed)).rows)).toEqual(['1']);
    expect(names((await readAll(seed)).rows)).toEqual(['1']);
  });

  it('does not take empty conversations for copies of others', async () => {
    const seed = await dedupeSeed(seedOf([row('x', '1')], [row('y', '2')], [row('z', '3', 'a')]), identify);
    expect(names((await readAll(seed)).rows)).toEqual(['1', '2', '3']);
  });

  describe('by content', () => {
    const rows = [
      [row('original', 'original', 'a', 'b', 'c', 'd', 'e')],
      [row('fork', 'fork', 'a', 'b', 'c', 'x')],
      [row('replay', 'replay', 'c', 'b')],
      [row('own', 'own', 'a', 'y', 'z')],
    ];
    const kept = async (share?: number): Promise<readonly Json[]> => {
      const by = { by: 'content' as const, ...(share !== undefined && { share }) };
      return names((await readAll(await dedupeSeed(seedOf(...rows), identify, by))).rows);
    };

    it('leaves out what a longer one has in full, in any order, and with `share` what it has the most of', async () => {
      expect(await kept()).toEqual(['original', 'fork', 'own']);
      expect(await kept(0.75)).toEqual(['original', 'own']);
      expect(await kept(0.3)).toEqual(['original']);
    });

    it('says how much they have in common', async () => {
      const seed = await dedupeSeed(seedOf(...rows), identify, { by: 'content', share: 0.75 });
      expect((await readAll(seed)).notes.map(({ source, reason }) => `${source}: ${reason}`)).toEqual([
        'fork: 3 of its 4 messages are in original',
        'replay: 2 of its 2 messages are in original',
      ]);
    });

    it('takes sessions with one greeting in common for different ones', async () => {
      const many = Array.from({ length: 300 }, (_, index) => [
        row(`s${index}`, `s${index}`, 'hi', `task ${index}`),
      ]);
      const seed = await dedupeSeed(seedOf(...many), identify, { by: 'content', share: 0.6 });
      expect((await readAll(seed)).rows).toHaveLength(300);
    });
  });

  it('by trace id keeps a beginning that has an id of its own', async () => {
    const seed = await dedupeSeed(
      seedOf([row('s', 'short', 'a')], [row('s', 'long', 'a', 'b')], [row('t', 'other', 'a')]),
      identify,
      { by: 'trace_id' },
    );
    expect(names((await readAll(seed)).rows)).toEqual(['long', 'other']);
  });
});
