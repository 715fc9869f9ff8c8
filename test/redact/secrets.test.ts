import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { PLANTED, tracesOf, type Planted } from './planted.js';
import { redact, redactText } from './support.js';

/** Where secrets are in a trace. */
const PLACES: Readonly<Record<string, (text: string) => JsonObject>> = {
  'the text of a message': (text) => ({
    messages: [{ role: 'user', content: [{ type: 'text', text: `Try this:\n${text}\nThen go on.` }] }],
  }),
  'the arguments of a tool call': (text) => ({
    messages: [{ role: 'assistant', tool_calls: [call({ command: `cd app\n${text}\nmake` })] }],
  }),
  'arguments that hold JSON text themselves': (text) => ({
    messages: [{ role: 'assistant', tool_calls: [call({ body: JSON.stringify({ note: `\n${text}\n` }) })] }],
  }),
  'the result of a tool': (text) => ({
    messages: [{ role: 'tool', content: [{ type: 'text', text: `$ env\n\u001b[32m${text}\u001b[0m\n` }] }],
  }),
  'a block of another format': (text) => ({
    messages: [{ content: [{ type: 'tool_use', input: { lines: ['x', { deep: text }] } }] }],
  }),
  'a path': (text) => ({ cwd: `/srv/${text}`, source_path: `/srv/${text}/session.jsonl` }),
  'the key of an object': (text) => ({ source_meta: { [text]: 1 } }),
};

function call(input: JsonObject): JsonObject {
  return { id: 'call_1', type: 'function', function: { name: 'bash', arguments: JSON.stringify(input) } };
}

describe.each(Object.entries(PLACES))('in %s', (_, rowWith) => {
  it.each(PLANTED.map((planted): [string, Planted] => [planted.kind, planted]))(
    'nothing is left of a secret: %s',
    async (kind, planted) => {
      const { row, counts } = await redact(rowWith(planted.text));
      const left = JSON.stringify(row);
      for (const trace of tracesOf(planted)) expect(left).not.toContain(trace);
      for (const trace of tracesOf(planted)) expect(left).not.toContain(JSON.stringify(trace).slice(1, -1));
      expect(left).toContain(`[REDACTED:${kind}]`);
      expect([...counts.keys()]).toEqual([kind]);
    },
  );
});

describe('what surrounds a secret', () => {
  it.each(PLANTED.map((planted): [string, Planted] => [planted.kind, planted]))(
    'stays: %s',
    async (kind, planted) => {
      const [before, behind] = planted.text.split(planted.secret);
      const text = await redactText(`see ${planted.text} (twice)`);
      expect(text).toBe(`see ${before}[REDACTED:${kind}]${behind} (twice)`);
    },
  );

  it.each(PLANTED.map((planted): [string, Planted] => [planted.kind, planted]))(
    'stays JSON where it was JSON: %s',
    async (_, planted) => {
      const value = { a: [`x\n${planted.text}\té"'`, { 'b"': planted.text }], c: 1.5 };
      for (const text of [JSON.stringify(value), JSON.stringify({ inner: JSON.stringify(value) })]) {
        const redacted = String(await redactText(text));
        expect(redacted).not.toBe(text);
        const parsed: { c?: number; inner?: string } = JSON.parse(redacted);
        expect(parsed.c ?? JSON.parse(parsed.inner ?? '').c).toBe(1.5);
      }
    },
  );

  it('stays JSON even where a key begins in one string and ends in another', async () => {
    const [begin, end] = ['-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----'];
    const secret = PLANTED[0]?.secret ?? '';
    const text = JSON.stringify({ a: { b: begin }, c: ['MIIEvQIBADANBgkqhkiG9w0', end], d: secret });
    expect(JSON.parse(String(await redactText(text)))).toEqual({
      a: { b: begin },
      c: ['MIIEvQIBADANBgkqhkiG9w0', end],
      d: '[REDACTED:aws-access-token]',
    });
  });
});

describe('private keys', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
  const begin = '-----BEGIN OPENSSH PRIVATE KEY-----';

  it('are found without their end', async () => {
    expect(await redactText(`${begin}\n${body}\n${body}\n… 12 more lines`)).toBe(
      '[REDACTED:private-key]\n… 12 more lines',
    );
  });

  const numbered = (line: (text: string, at: number) => string): string =>
    [begin, body, body, body].map(line).join('\n');

  it.each([
    [
      'encrypted',
      `${begin}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123456789ABCDEF\n\n${body}\n${body}`,
    ],
    ['with remarks', `${begin}\nVersion: GnuPG v2\nComment: mine\n\n${body}\n${body}`],
    ['added in a diff', numbered((line) => `+${line}`)],
    [
      'encrypted, added in a diff',
      `+${begin}\n+Proc-Type: 4,ENCRYPTED\n+DEK-Info: X,0\n+\n+${body}\n+${body}`,
    ],
    ['removed in a diff', numbered((line) => `-${line}`)],
    ['found by grep -n', numbered((line, at) => `deploy/keys/prod-server.pem:${at + 1}:${line}`)],
    ['found by grep -A', numbered((line, at) => `deploy/keys/prod-server.pem-${at + 1}-${line}`)],
    ['with its last line', `${begin}\n${body}\nAb3dE5==`],
  ])('are found without their end: %s', async (_, key) => {
    const text = `${key}\nsrc/foo-bar.ts:7:an-other line`;
    const json = JSON.stringify({ text });
    for (const shown of [text, json, JSON.stringify({ json })]) {
      const redacted = String(await redactText(shown));
      expect(redacted).toContain('[REDACTED:private-key]');
      for (const part of [body, 'Ab3dE5', 'DEK-Info']) expect(redacted).not.toContain(part);
      expect(redacted).toContain('src/foo-bar.ts:7:an-other line');
    }
  });

  it('are found with the line numbers of a file viewer', async () => {
    const text = await redactText(
      `  1→${begin}\n  2→${body}\n  3→${body}\n  4→-----END OPENSSH PRIVATE KEY-----\n`,
    );
    expect(text).toBe('  1→[REDACTED:private-key]\n');
  });

  it.each([
    `if (pem.startsWith('${begin}') && pem.endsWith('-----END OPENSSH PRIVATE KEY-----')) {`,
    `grep -r "${begin}" found it in src/certificates/loading.ts, and there -----END CERTIFICATE----- as well`,
    `${begin}\nsee deploy/keys: https://example.org/some/very/long/path/segment\nx`,
  ])('are not found where they are only spoken of: %s', async (text) => {
    expect(await redactText(text)).toBe(text);
  });
});

describe('JSON web tokens', () => {
  const header = `ey${'JhbGciOiJSUzI1NiIs'.repeat(300)}`;
  const part = 'aB3dE5gH7jK9mN1p';

  it.each([
    ['with certificates in its header', `${header}.ey${`JzdWIi${part}`}.${part}`],
    ['that is encrypted', `ey${`JhbGciOiJkaXIi${part}`}.${part}.${part}.${part}${part}.${part}${part}`],
    [
      'that is encrypted by a key shared before',
      `ey${`JhbGciOiJkaXIi${part}`}..${part}.${part}${part}.${part}`,
    ],
  ])('are found: one %s', async (_, token) => {
    expect(await redactText(`a ${token} b`)).toBe('a [REDACTED:jwt] b');
    expect(await redactText(JSON.stringify({ a: `\n${token}` }))).toBe('{"a":"\\n[REDACTED:jwt]"}');
  });
});

describe('values of objects', () => {
  it('are secrets when their key says so', async () => {
    const { row, counts } = await redact({ input: { user: 'ada', DB_PASSWORD: 'Tr0ub4dor3', apiKey: 'x' } });
    expect(row).toEqual({ input: { user: 'ada', DB_PASSWORD: '[REDACTED:password]', apiKey: 'x' } });
    expect(counts).toEqual(new Map([['password', 1]]));
  });

  it('are kept apart when their keys were secrets of one kind', async () => {
    const [a, b] = PLANTED.filter(({ kind }) => kind === 'anthropic-api-key').map(({ secret }) => secret);
    const { row } = await redact({ used: { [String(a)]: 1, [String(b)]: 2 } });
    expect(row).toEqual({
      used: { '[REDACTED:anthropic-api-key]': 1, '[REDACTED:anthropic-api-key] (2)': 2 },
    });
  });

  it('keep a key named __proto__ an ordinary key', async () => {
    const row: JsonObject = JSON.parse(`{"meta":{"__proto__":{"password":"Tr0ub4dor3"}}}`);
    expect(JSON.stringify((await redact(row)).row)).toBe(
      '{"meta":{"__proto__":{"password":"[REDACTED:password]"}}}',
    );
  });
});

describe('counts', () => {
  it('tell how many of each kind, a known token by its own name whatever it is assigned to', async () => {
    const of = (kind: string): string => PLANTED.find((planted) => planted.kind === kind)?.secret ?? '';
    const { counts } = await redact({
      a: `GITHUB_TOKEN=${of('github-pat')} and token: "${of('github-pat')}"`,
      b: [`Authorization: Bearer ${of('jwt')}`, 'password=Tr0ub4dor3'],
    });
    expect(counts).toEqual(
      new Map([
        ['github-pat', 2],
        ['jwt', 1],
        ['password', 1],
      ]),
    );
  });
});
