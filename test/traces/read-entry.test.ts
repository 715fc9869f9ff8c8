import { expect, it } from '@jest/globals';
import type { RolloutFormat } from '../../src/traces/format.js';
import { createEntryReader } from '../../src/traces/reading/read-entry.js';
import type { FoundContent } from '../../src/traces/reading/read-content.js';

const broken: RolloutFormat = {
  name: 'broken',
  filePattern: '*.db',
  defaultFolders: () => [],
  owns: () => true,
  recognises: () => true,
  parse: () => {
    throw new TypeError('a bug');
  },
};

const entry = {
  path: '/a/state.db',
  source: 'state.db',
  stem: 'state',
  format: 'broken',
  indices: new Map(),
};

it('a database is closed when its format has a bug', async () => {
  let isClosed = false;
  const content: FoundContent = {
    content: { kind: 'database', database: { tables: new Set(), rows: () => [] } },
    skipped: [],
    close: () => (isClosed = true),
  };
  const read = createEntryReader([broken], async () => content);
  expect(await read(entry)).toEqual({
    rows: [],
    notes: [
      { kind: 'filtered', source: 'state.db', reason: 'could not be understood (TypeError)', count: 1 },
    ],
  });
  expect(isClosed).toBe(true);
});

it('a folder that many sessions ask for is listed once', async () => {
  const lists: Promise<readonly string[]>[] = [];
  const asking: RolloutFormat = {
    ...broken,
    complete: async (content, { list }) => {
      const listed = Promise.resolve(list(import.meta.dirname));
      lists.push(listed);
      await listed;
      return content;
    },
    parse: () => ({ traces: [], skipped: [] }),
  };
  const content: FoundContent = { content: { kind: 'lines', records: [{}] }, skipped: [] };
  const read = createEntryReader([asking], async () => content);
  await read(entry);
  await read({ ...entry, path: '/a/other.db' });
  const [first, second] = await Promise.all(lists);
  expect(first).toContain(`${import.meta.dirname}/read-entry.test.ts`);
  expect(second).toBe(first);
});
