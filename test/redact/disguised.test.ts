import { describe, expect, it } from '@jest/globals';
import { PLANTED, tracesOf } from './planted.js';
import { redact, redactText } from './support.js';

const TAIL = 'Zq8vK2mX9aLw';
const GITHUB = PLANTED.find(({ kind }) => kind === 'github-pat')?.secret ?? '';

/** As PHP writes it, and as .NET does. */
const slashed = (json: string): string => json.replaceAll('/', String.raw`\/`);
const dotNet = (json: string): string =>
  json.replaceAll(/\\"|[+/<>&'@=]/g, (found) => {
    const code = found.charCodeAt(found.length - 1);
    return String.raw`\u00` + code.toString(16).toUpperCase();
  });

const call = (args: string): { readonly function: { readonly arguments: string } } => ({
  function: { arguments: args },
});

describe.each([
  ['\\/', slashed],
  ['\\u002B', dotNet],
])('JSON text that is written with %s', (_, escape) => {
  it.each([
    [`postgres://app:${TAIL}@db/x`, 'postgres://app:[REDACTED:url-password]@db/x'],
    [`Authorization: Bearer Zq8vK2mX9aLwAb3/${TAIL}`, 'Authorization: Bearer [REDACTED:bearer-token]'],
    [`Authorization: Bearer Zq8vK2m+X9aLwAb3+${TAIL}`, 'Authorization: Bearer [REDACTED:bearer-token]'],
    [`AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/${TAIL} ls`, 'AWS_SECRET_ACCESS_KEY=[REDACTED:secret] ls'],
    [`{"password":"${TAIL}"}`, '{"password":"[REDACTED:password]"}'],
    [`a/b\nDB_PASSWORD=a1B2c3/${TAIL}\nmake test`, 'a/b\nDB_PASSWORD=[REDACTED:password]\nmake test'],
  ])('hides no secret: %s', async (text, expected) => {
    const once = escape(JSON.stringify({ text, path: 'a/b' }));
    const twice = escape(JSON.stringify({ body: once, path: 'a/b' }));
    const { row } = await redact({ messages: [{ tool_calls: [call(once), call(twice)] }] });
    expect(JSON.stringify(row)).not.toContain(TAIL);

    const redacted = String(await redactText(once));
    expect(JSON.parse(redacted)).toEqual({ text: expected, path: 'a/b' });
    const outer: { body: string } = JSON.parse(String(await redactText(twice)));
    expect(JSON.parse(outer.body)).toEqual({ text: expected, path: 'a/b' });
  });

  it('changes in nothing but the secret', async () => {
    const behind = escape(',"path":"a/b","n":1.50, "x":"<p>"}');
    expect(await redactText(`{"text":"${GITHUB}"${behind}`)).toBe(`{"text":"[REDACTED:github-pat]"${behind}`);
    const clean = escape(JSON.stringify({ text: 'a/b + c <d> "e"', url: 'http://localhost:3000/@scope/a' }));
    expect(await redactText(clean)).toBe(clean);
  });
});

it('a token is found whose letters are escaped, also in text that is JSON only in part', async () => {
  const escaped = `HTTP/1.1 200 OK\n{"token":"${String.raw`\u0067`}${GITHUB.slice(1)}","url":"a`;
  expect(await redactText(escaped)).toBe('HTTP/1.1 200 OK\n{"token":"[REDACTED:github-pat]","url":"a');
});

describe('colours of a terminal', () => {
  const [on, off] = ['\u001b[01;31m\u001b[K', '\u001b[m\u001b[K'];

  it.each([
    ['before a token', `.env:${on}${GITHUB}${off} x`, `.env:${on}[REDACTED:github-pat]${off} x`],
    ['in a token', `.env:${on}ghp_${off}${GITHUB.slice(4)} x`, `.env:${on}[REDACTED:github-pat] x`],
    [
      'between name and value',
      `${on}DB_PASSWORD${off}=${TAIL}`,
      `${on}DB_PASSWORD${off}=[REDACTED:password]`,
    ],
    ['that clear a line', `\u001b[2J\u001b[1;1H${GITHUB}`, '\u001b[2J\u001b[1;1H[REDACTED:github-pat]'],
  ])('hide no secret: %s', async (_, text, expected) => {
    expect(await redactText(text)).toBe(expected);
    expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text: expected }));
  });
});

it.each(PLANTED.map((planted) => [planted.kind, planted] as const))(
  'a secret in a list of a PHP program is found: %s',
  async (_, planted) => {
    const redacted = String(await redactText(slashed(JSON.stringify([planted.text, 'a/b']))));
    for (const trace of tracesOf(planted)) expect(redacted).not.toContain(slashed(trace));
    expect(JSON.parse(redacted)).toHaveLength(2);
  },
);
