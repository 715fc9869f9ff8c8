import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.js';

const JUDGE = ['groundedness', 'usefulness'];

/** The columns of a small dataset of sessions, as the flagship recipe makes them. */
export const COLUMNS = [
  { name: 'trace_id', schema: { type: 'string' }, from: 'seed' },
  { name: 'source_kind', schema: { type: 'string' }, from: 'seed' },
  { name: 'messages', schema: { type: 'array' }, from: 'seed' },
  { name: 'instruction', schema: { type: 'string' }, from: 'column' },
  { name: 'response', schema: { type: 'string' }, from: 'column' },
  {
    name: 'judge',
    schema: { type: 'object', properties: Object.fromEntries(JUDGE.map(criterion)) },
    from: 'column',
  },
  { name: 'recommended', schema: { type: 'boolean' }, from: 'column' },
] as const;

function criterion(name: string): readonly [string, JsonObject] {
  const score = { type: 'integer', enum: [0, 1, 2, 3, 4] };
  return [name, { type: 'object', properties: { reasoning: { type: 'string' }, score } }];
}

/** Row `number` of the dataset; `more` replaces some of its values. */
export function exampleRow(number: number, more: JsonObject = {}): JsonObject {
  const call = {
    id: 'call-1',
    type: 'function',
    function: { name: 'bash', arguments: JSON.stringify({ command: `cat part-${number}.py` }) },
  };
  return {
    trace_id: `trace-${String(number).padStart(3, '0')}`,
    source_kind: number % 2 === 0 ? 'claude_code' : 'codex',
    messages: [
      { role: 'user', content: [{ type: 'text', text: `Why does part ${number} fail?` }] },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'I will read it:\n\n```python\nimport sys  # comment\n```' }],
        reasoning_content: `Part ${number} may have a wrong import.`,
        tool_calls: [call],
      },
      {
        role: 'tool',
        content: [{ type: 'text', text: `def part():\n    return ${number}` }],
        tool_call_id: 'call-1',
      },
      { role: 'assistant', content: [{ type: 'text', text: `Part ${number} returns a number.` }] },
    ],
    instruction: `Explain why part ${number} fails.`,
    response: `Part ${number} fails because of its import.`,
    judge: {
      groundedness: { reasoning: `It names part ${number}.`, score: number % 5 },
      usefulness: { reasoning: 'It can be acted on.', score: (number * 3) % 5 },
    },
    recommended: number % 5 === 4,
    ...more,
  };
}

/** Writes a dataset as a run leaves it: one part, no failures. */
export async function writeDataset(
  folder: string,
  rows: readonly JsonObject[],
  columns: readonly object[] = COLUMNS,
): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  const metadata = {
    dataset: 'example',
    status: 'finished',
    fabricated: false,
    recipe: { name: 'example', file: 'example.yaml', sha256: '' },
    columns,
    parts: 1,
    rows: { done: rows.length, failed: 0, skipped: 0, filtered: 0, unfinished: 0 },
  };
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await writeFile(join(folder, 'data', 'part-00000.jsonl'), lines);
  await writeFile(join(folder, 'metadata.json'), JSON.stringify(metadata));
}
