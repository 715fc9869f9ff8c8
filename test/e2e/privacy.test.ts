import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { rolloutAnswer } from '../rig/rollout-answers.js';
import { useStage } from '../rig/stage.js';
import { sessionId, writeSessions } from '../rig/traces.js';

const stage = useStage();
const recipe = 'recipes/agent-rollout.yaml';

/** Invented, and put together here so that no scanner takes this file for a leak. */
const SECRETS = {
  openai: ['sk-proj-', 'Zt8Kq2mVx4Rj7Lw1Bn5Yc9Hd3Gf6Sp0A', 'T3BlbkFJ', 'u7Qe2Xo9Wk4Mz1Va8Nb5Rc3Td6Yh0Lj'],
  anthropic: [
    'sk-ant-',
    'api03-',
    'k3Jx9Qm2Vt7Rw5Lb8Nc1Yd4Hf6Gs0Pa3Kz9Xo2Wm7Ve5Rb8Tc1Nd4Yf6Hg0Sj3Lk9Qp2Vx7Rw5Lb8Nc1Yd4Hf6Gs0Q',
    'AA',
  ],
  github: ['ghp_', 'k9Xo2Wm7Ve5Rb8Tc1Nd4Yf6Hg0Sj3Lk9Qp2V'],
  aws: ['AKIA', 'QX7RW5LBNCYD4HFK'],
  slack: ['xoxb-', '2836491057-', '2836491057123-', 'k9Xo2Wm7Ve5Rb8Tc1Nd4Yf6H'],
  google: ['AIza', 'Sy9Xo2Wm7Ve5Rb8Tc1Nd4Yf6Hg0Sj3Lk9Qp2'],
  npm: ['npm_', 'k9Xo2Wm7Ve5Rb8Tc1Nd4Yf6Hg0Sj3Lk9Qp2V'],
  nvidia: ['nvapi-', 'k9Xo2Wm7Ve5Rb8Tc1Nd4Yf6Hg0Sj3Lk9Qp2Vx7Rw5Lb8Nc1Yd4Hf6Gs0Pa3Kz9X'],
  huggingface: ['hf_', 'kXoWmVeRbTcNdYfHgSjLkQpVxRwLbNcYdH'],
  url: ['https://deploy:', 'Wm7Ve5Rb8Tc1Nd4Y', '@db.example.org/app'],
} as const;
const PRIVATE_KEY = [
  '-----BEGIN RSA PRIVATE ',
  'KEY-----\nMIIEowIBAAKCAQEAk9Xo2Wm7Ve5Rb8Tc1Nd4Yf6Hg0Sj3Lk9Qp2Vx7Rw5Lb8Nc1Yd\n4Hf6Gs0Pa3Kz9Xo2Wm7Ve5Rb8Tc1Nd4Yf6Hg0Sj3Lk9Qp2Vx7Rw5Lb8Nc1Yd4Hf6\n-----END RSA PRIVATE ',
  'KEY-----',
].join('');

/** The part of each that must not be found anywhere. */
const HIDDEN = [...Object.values(SECRETS).map((parts) => parts[1]), 'MIIEowIBAAKCAQEA', '4Hf6Gs0Pa3Kz9Xo2'];

/** A session that leaks in what the user says, in a call, in its result and in the last answer. */
async function writeLeakySession(): Promise<void> {
  await writeSessions(stage.workspace, 1);
  const file = `traces/-home-dev-app/${sessionId(0)}.jsonl`;
  const secrets: readonly string[] = [...Object.values(SECRETS).map((parts) => parts.join('')), PRIVATE_KEY];
  const leak = (from: number, to: number): string => secrets.slice(from, to).join('\n');
  const text = (await stage.workspace.everything()).get(stage.workspace.path(file)) ?? '';
  const records = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);
  const leaky = JSON.stringify(records)
    .replace('Fix bug number 0', () => JSON.stringify(`Fix bug number 0 with\n${leak(0, 3)}`).slice(1, -1))
    .replace('app.py', () => JSON.stringify(leak(3, 6)).slice(1, -1))
    .replace('line 0', () => JSON.stringify(leak(6, 9)).slice(1, -1))
    .replace('Fixed number 0.', () => JSON.stringify(`Fixed with\n${leak(9, 11)}`).slice(1, -1));
  const lines = (JSON.parse(leaky) as JsonObject[]).map((record) => JSON.stringify(record));
  await stage.workspace.write(file, `${lines.join('\n')}\n`);
}

describe('secrets in a trace', () => {
  it('reach neither a model, nor the store, nor any file or message', async () => {
    await writeLeakySession();
    stage.server.handle((call) => call.reply(rolloutAnswer(call)));
    const ended = await stage.workspace.run(
      ['run', recipe, '--model', 'nvidia-super=openai/gpt-test', '--trace-dir', 'traces'],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test-0000' },
    );
    expect(ended.code).toBe(0);
    expect(stage.server.calls[0]?.prompt).toContain('[REDACTED:');

    const outside = new Map<string, string>([
      ['what was printed', ended.stdout + ended.stderr],
      ...stage.server.calls.map((call) => [`call ${call.index}`, JSON.stringify(call.body)] as const),
    ]);
    for (const [file, text] of await stage.workspace.everything())
      if (!file.includes('/traces/')) outside.set(file, text);
    expect([...outside.keys()].some((file) => file.endsWith('data.mdb'))).toBe(true);
    for (const [place, text] of outside) {
      expect([place, HIDDEN.filter((secret) => text.includes(secret))]).toEqual([place, []]);
    }
  });

  it('are counted by kind', async () => {
    await writeLeakySession();
    const { stdout } = await stage.workspace.run(['seed', recipe, '--trace-dir', 'traces']);
    expect(stdout.match(/^redacted \d+: /gm)?.length).toBeGreaterThanOrEqual(8);
  });

  it('stay where the recipe says so', async () => {
    await writeLeakySession();
    const { stdout } = await stage.workspace.run([
      'seed', recipe, '--trace-dir', 'traces', '--row', '0', '--json', '--set', 'seed_config.redact=false',
    ]); // prettier-ignore
    for (const secret of HIDDEN) expect(stdout).toContain(secret);
  });
});
