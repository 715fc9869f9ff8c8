import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json.js';
import { createRedactor } from '../../src/redact/index.js';
import { PLANTED } from './planted.js';

const redactor = await createRedactor({ emails: true, user_names: true });

/** What rules look for, whole and in parts, and what surrounds it. */
const fragment = fc.oneof(
  fc.constantFrom(...PLANTED.map(({ text }) => text)),
  fc.constantFrom(...PLANTED.map(({ text }) => text.slice(0, 30))),
  fc.constantFrom('password', 'token', 'secret_key', 'auth', 'Bearer ', 'Basic ', '://', '@', 'a1B2c3D4e5F6'),
  fc.constantFrom(
    '=',
    ': ',
    '"',
    "'",
    '\\',
    '\\"',
    '\n',
    '\\n',
    ' ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '-----',
    '/Users/',
    '\\Users\\',
    '\\/',
    '\\u0022',
    '\\u0041',
    '\u001b[K',
    'curl -u ',
    ' value: ',
    '| ',
    'cookie: a=',
    'mysql -p',
    'kind: Secret\ndata:\n  a: ',
    'k7Qz2mX9aLw4Rt8Vb3Nc',
    '#',
    ';',
    '<',
  ),
  fc.constantFrom(
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'ada@example.org',
    '[REDACTED:x]',
    '\u00e9',
    '\ud800',
  ),
  fc.string({ maxLength: 12 }),
);
const hostileText = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''));

const { value: hostileValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    hostileText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(null),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(hostileText, fc.constantFrom('password', '__proto__', 'text')), tie('value'), {
      maxKeys: 4,
    }),
    tie('value').map((value) => JSON.stringify(value)),
  ),
}));

const hostileRow = hostileValue.map((value): JsonObject => JSON.parse(JSON.stringify({ value })));

describe('whatever a row holds', () => {
  it('redacting it twice is the same as once', async () => {
    await fc.assert(
      fc.asyncProperty(hostileRow, async (row) => {
        const once = await redactor(row);
        const twice = await redactor(once.row);
        expect(twice.row).toEqual(once.row);
        expect(twice.counts.size).toBe(0);
      }),
    );
  });

  it('the row is the same exactly when nothing was counted', async () => {
    await fc.assert(
      fc.asyncProperty(hostileRow, async (row) => {
        const before = JSON.stringify(row);
        const redacted = await redactor(row);
        expect(redacted.row === row).toBe(redacted.counts.size === 0);
        expect(JSON.stringify(row)).toBe(before);
      }),
    );
  });

  it('JSON text in it stays JSON text of the same shape, however it is written', async () => {
    const writings = [
      (json: string) => json,
      (json: string) => json.replaceAll('/', String.raw`\/`),
      (json: string) => json.replaceAll(/[/&'=@]/g, (c) => String.raw`\u00` + c.charCodeAt(0).toString(16)),
    ];
    await fc.assert(
      fc.asyncProperty(
        hostileRow,
        fc.constantFrom(undefined, 2),
        fc.constantFrom(...writings),
        async (row, indent, write) => {
          const { row: redacted } = await redactor({ text: write(JSON.stringify(row, null, indent)) });
          expect(typeof JSON.parse(String(redacted['text']))).toBe('object');
        },
      ),
    );
  });

  it.each([
    ['a value', 'DB_PASSWORD=k7Qz2mX9aLw4', 9000, ''],
    ['a password of curl', 'curl -u ada:k7Qz2mX9aLw4', 5000, ' x'],
    ['a password in a URL', 'https://ada:k7Qz2mX9aLw4', 17_000, '@host.example'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\n', 300, '\n-----END PRIVATE KEY-----'],
  ])('no character is cut in half at the bounds of %s', async (_, before, length, after) => {
    for (const shift of ['', '1', '12', '123']) {
      const text = before + shift + '\u{1f511}'.repeat(length / 2) + after;
      const { row } = await redactor({ text, list: [{ password: text }] });
      expect(JSON.stringify(row)).not.toMatch(/\\ud[89a-f]/);
    }
  });

  it('it grows by no more than its marks', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (text) => {
        const { row, counts } = await redactor({ text });
        const found = [...counts].reduce(
          (sum, [kind, count]) => sum + count * `[REDACTED:${kind}]`.length,
          0,
        );
        expect(String(row['text']).length).toBeLessThanOrEqual(text.length + found);
      }),
    );
  });
});

describe('text made to keep rules busy', () => {
  const LENGTH = 300_000;
  it.each([
    'a',
    '-----BEGIN',
    '-----BEGIN RSA PRIVATE KEY-----\n',
    'token=',
    'password="',
    'eyJ-',
    'https://a:',
    'glpat-',
    'a@a.',
    '\\',
    '\\"token\\":\\"',
    'Ab+/',
    'token=a1B2c3D4e5F6',
    'password=[\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n',
    '\nDB_PASSWORD=ab1c2d3e4f5g6h7i8j9k0;',
    '\\/',
    '\\/\\\\\\\\',
    '\\u0041',
    '\u001b[K',
    'https://a:b@(',
    'https://a:/$a',
    'curl "',
    "curl 'a",
    'key=',
    'API_KEY ',
    'mysql ',
    'docker login -u ',
    'net user ',
    'machine a login b password k7Qz2mX9aLw4Rt8Vb3Nc ',
    'cookie: a=b; ',
    'kind: Secret\ndata:\n  a: ',
    'dropbox = ',
    'authorization: ',
    'token | ',
    '"name": "token", ',
    "password '",
    'xapp-1-a',
    'TOKEN=k7Qz2mX9aLw4Rt8Vb3Nc ',
    'token,token\n',
    'token,a\n1,2\n',
    'token,a,b\na,token,b\na,b,token\n',
    'token\\tb\\n',
    '| token | a |\n| --- | --- |\n',
    '[secrets]\na=',
    'secrets:\n a: b\n',
    'secrets: {',
    '-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED',
    '-----BEGIN PRIVATE KEY-----\nAb1+Ab1+Ab1+Ab1+Ab1+Ab1+',
  ])('is got through: %j, again and again', async (piece) => {
    const text = piece.repeat(LENGTH / piece.length);
    const { row } = await redactor({ text });
    expect(String(row['text']).length).toBeLessThanOrEqual(text.length);
  });
});
