import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { folderWith, removeFolders } from './support.js';

afterAll(removeFolders);

interface Sums {
  readonly sessions: number;
  /** In files and in rows. */
  readonly calls: readonly [number, number];
  readonly results: readonly [number, number];
  readonly lost: readonly string[];
}

const ROOT = join(import.meta.dirname, '..', '..');
const { compare } = (await import(join(ROOT, 'scripts', 'count-traces.mjs'))) as {
  readonly compare: (folder: string) => Promise<ReadonlyMap<string, Sums>>;
};

describe('calls and results, counted by a program that shares no code with the formats', () => {
  it('are all in the rows of the example traces', async () => {
    const formats = await compare(join(ROOT, 'examples', 'traces'));
    expect(Array.from(formats.values()).flatMap(({ lost }) => lost)).toEqual([]);
    // It finds them: numbers of formats whose examples have nothing that was taken back.
    const counts = ['claude_code', 'codex', 'gemini_cli', 'hermes_agent', 'atif', 'copilot_cli', 'goose'].map(
      (name) => formats.get(name)?.calls,
    );
    expect(counts).toEqual([22, 8, 10, 7, 7, 2, 3].map((count) => [count, count]));
  });

  it('are named when a format does not read them', async () => {
    const call = (type: string, id: string): JsonObject => ({
      type,
      sessionId: 's',
      uuid: id,
      message: { id, role: 'assistant', content: [{ type: 'tool_use', id, name: 'run', input: {} }] },
    });
    const folder = folderWith({ 's.jsonl': [call('assistant', 'read'), call('of tomorrow', 'unread')] });
    const sums = (await compare(folder)).get('claude_code');
    expect([sums?.calls, sums?.lost]).toEqual([[2, 1], [`${join(folder, 's.jsonl')}: call unread`]]);
  });
});
