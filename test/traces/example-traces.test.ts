import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../src/core/json.js';
import { builtInFormats } from '../../src/traces/formats/index.js';
import { createAgentRollout } from '../../src/traces/seed.js';
import { metaOf, objects, readAll } from './support.js';

const TRACES = join(import.meta.dirname, '..', '..', 'examples', 'traces');

describe.each(builtInFormats.map(({ name }) => name))('the example traces of %s', (format) => {
  const path = join(TRACES, format);
  const hasExamples = existsSync(path);
  (hasExamples ? it : it.skip)(
    hasExamples
      ? 'are recognised by their content'
      : `are missing: put a small session into examples/traces/${format}/ to have it tested for damage`,
    async () => {
      const { rows } = await readAll({ path });
      expect(new Set(rows.map((row) => row['source_kind']))).toEqual(new Set([format]));
    },
  );
});

describe('the example traces', () => {
  it('are all read by auto, with every format and a few of each kind of trouble', async () => {
    const { rows, notes } = await readAll({ path: TRACES });
    const kinds = ['atif', 'claude_code', 'codex', 'hermes_agent', 'pi_coding_agent'];
    const count = (kind: string): number => rows.filter((row) => row['source_kind'] === kind).length;
    expect(kinds.map(count)).toEqual([3, 5, 2, 2, 2]);
    const sidechains = rows.filter((row) => row['is_sidechain']).map((row) => row['source_kind']);
    expect(sidechains.filter((kind) => kinds.includes(String(kind)))).toEqual([
      'atif',
      'claude_code',
      'claude_code',
    ]);
    expect(rows.some((row) => metaOf(row)['has_branches'] === true)).toBe(true);
    expect(rows.flatMap((row) => objects(row['messages'])).some(({ kind }) => kind === 'summary')).toBe(true);
    expect(notes.map(({ kind, reason }) => `${kind}: ${reason}`).toSorted()).toEqual([
      'filtered: not a trace of a known format (.json, keys task_name, verifier_result)',
      'skipped: the last line is cut off (line 20)',
    ]);
  });

  it('have unique trace ids and an answer in every row', async () => {
    const { rows } = await readAll({ path: TRACES });
    expect(new Set(rows.map((row) => row['trace_id'])).size).toBe(rows.length);
    for (const row of rows) expect(row['final_assistant_message']).toEqual(expect.any(String));
  });

  it('give rows that keep to the schemas of the columns', async () => {
    const columns = createAgentRollout(builtInFormats).columns({}, '/');
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    const check = ajv.compile({
      type: 'object',
      properties: Object.fromEntries(columns.map(({ name, schema }) => [name, schema])),
      required: columns.map(({ name }) => name),
      additionalProperties: false,
    });
    for (const row of (await readAll({ path: TRACES })).rows) {
      expect({ valid: check(row), errors: check.errors }).toEqual({ valid: true, errors: null });
    }
  });

  it('are conversations: results follow the message that called for them', async () => {
    const { rows } = await readAll({ path: TRACES });
    for (const row of rows) {
      let open = new Set<unknown>();
      for (const message of objects(row['messages'])) {
        const callId = message['tool_call_id'];
        if (callId !== undefined) expect(open).toContain(callId);
        else if (message['role'] !== 'tool') open = new Set(objects(message['tool_calls']).map(idOf));
      }
    }
  });
});

function idOf(call: JsonObject): unknown {
  return call['id'];
}
