import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canResume } from '../../src/run/can-resume.js';
import { foldersOf, type Folders } from '../../src/dataset/folders.js';
import type { RunRequest } from '../../src/run/request.js';

let root: string;
let folders: Folders;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dd-resume-'));
  folders = foldersOf(join(root, 'artifacts'), 'made');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** What of a request matters here. */
const request = (more: object = {}): RunRequest =>
  ({
    plan: { models: new Map([['main', {}]]) },
    ...more,
  }) as unknown as RunRequest;

async function dataset(status: string, numRecords: number | null = null): Promise<void> {
  await mkdir(folders.dataset, { recursive: true });
  const metadata = { status, origin: { num_records: numRecords } };
  await writeFile(join(folders.dataset, 'metadata.json'), JSON.stringify(metadata));
}

describe('a run looks for its resume point', () => {
  it('where there is no dataset, or none that was finished', async () => {
    expect(await canResume(request(), folders)).toBe(true);
    await dataset('interrupted');
    expect(await canResume(request(), folders)).toBe(true);
  });

  it.each(['partial', 'staging'] as const)(
    'beside a finished one where a run left a %s one',
    async (place) => {
      await dataset('finished');
      await mkdir(folders[place], { recursive: true });
      expect(await canResume(request(), folders)).toBe(true);
    },
  );

  it.each([
    [10, undefined, true],
    [10, 20, true],
    [10, 10, false],
    [null, undefined, false],
    [null, 10, false],
  ])('where %s rows were finished and %s are wanted: %s', async (before, numRecords, expected) => {
    await dataset('finished', before);
    expect(await canResume(request({ rows: { limit: numRecords } }), folders)).toBe(expected);
  });

  it.each([
    ['a preview', { preview: true }],
    ['a dry run', { answers: { dryRun: true } }],
    ['--no-cache', { answers: { refresh: true } }],
    ['a retry', { retry: {} }],
    ['a recipe that asks no model', { plan: { models: new Map() } }],
  ])('but not for %s', async (_name, more) => {
    expect(await canResume(request(more), folders)).toBe(false);
  });
});
