/** What would fill the memory in one go is said in words, before V8 ends the program with a trace of its own. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, type Workspace } from '../rig/program.js';

/** In MB. The program itself takes some 30 of them. */
const HEAP = 64;

describe('a seed that fills the memory', () => {
  let space: Workspace;
  beforeAll(async () => {
    space = await createWorkspace();
    await space.write(
      'r.yaml',
      `name: heap
seed_config: { source: { seed_type: local, path: rows.jsonl } }
columns:
  - { name: a, column_type: expression, expr: "{{ id }}" }
`,
    );
  });
  afterAll(() => space.remove());

  it.each<[string, string, () => string]>([
    ['rows.jsonl', 'many rows', () => '{"id":1,"a":2,"b":3}\n'.repeat(400_000)],
    ['rows.jsonl', 'one long line', () => `{"id":"${'x'.repeat(60_000_000)}"}\n`],
    ['rows.csv', 'many lines', () => `id,a,b\n${'1,2,3\n'.repeat(1_000_000)}`],
  ])('%s: %s', async (file, _what, content) => {
    await space.write(file, content());
    const ended = await space.run(['run', 'r.yaml', '--set', `seed_config.source.path=${file}`], {
      NODE_OPTIONS: `--max-old-space-size=${HEAP}`,
    });
    expect(ended.stderr).toContain('memory');
    expect(ended.stderr).toContain('--max-old-space-size');
    expect(ended.stderr).not.toMatch(/FATAL ERROR|JS stacktrace|bug in dd/);
    expect([ended.code, ended.signal]).toEqual([2, null]);
  });
});
