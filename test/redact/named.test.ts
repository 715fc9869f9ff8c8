import { describe, expect, it } from '@jest/globals';
import { redact, redactText } from './support.js';

const TAIL = 'Zq8vK2mX9a';

describe('a named value', () => {
  it.each([',', 'ü', '\\', '|', "'", '<', ';', '€'])('is replaced to its end: %s', async (character) => {
    for (const rest of ['', ' next', '\nnext']) {
      const text = `DB_PASSWORD=a1b2c3d4${character}${TAIL}${rest}`;
      const expected = `DB_PASSWORD=[REDACTED:password]${rest}`;
      expect(await redactText(text)).toBe(expected);
      expect(await redactText(`run with ${text}`)).toBe(`run with ${expected}`);
      expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text: expected }));
    }
  });

  it.each([
    [`DB_PASSWORD=${TAIL.repeat(60)}ü${TAIL}`, 'DB_PASSWORD=[REDACTED:password]'],
    [`DB_PASSWORD="${TAIL.repeat(60)},${TAIL}" x`, 'DB_PASSWORD="[REDACTED:password]" x'],
    [`x\nexport DB_PASSWORD=ab;${TAIL}\ny`, 'x\nexport DB_PASSWORD=[REDACTED:password]\ny'],
    [`DB_PASSWORD=ab;${TAIL}`, 'DB_PASSWORD=[REDACTED:password]'],
    [`db_password${' '.repeat(30)}= "${TAIL}"`, `db_password${' '.repeat(30)}= "[REDACTED:password]"`],
    [`DB_PASS=${TAIL} x`, 'DB_PASS=[REDACTED:password] x'],
    [`x\npass=${TAIL} x`, 'x\npass=[REDACTED:password] x'],
    [`pass=${TAIL} x`, 'pass=[REDACTED:password] x'],
    [`auth: { pass: '${TAIL}' }`, `auth: { pass: '[REDACTED:password]' }`],
    [`smtpPass: "${TAIL}"`, 'smtpPass: "[REDACTED:password]"'],
    [`password:\n  ${TAIL}\nuser: x`, 'password:\n  [REDACTED:password]\nuser: x'],
    [`password: >-\r\n    "${TAIL}"`, 'password: >-\r\n    "[REDACTED:password]"'],
    [
      `"password": [\n  "${TAIL}",\n  "${TAIL}"\n]`,
      '"password": [\n  "[REDACTED:password]",\n  "[REDACTED:password]"\n]',
    ],
  ])('is replaced in every place: %j', async (text, expected) => {
    expect(await redactText(text)).toBe(expected);
    expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text: expected }));
  });

  it('may be one of a list', async () => {
    const { row, counts } = await redact({
      input: { passwords: 1, password: [TAIL, 'x', TAIL], pass: TAIL },
    });
    const mark = '[REDACTED:password]';
    expect(row).toEqual({ input: { passwords: 1, password: [mark, 'x', mark], pass: mark } });
    expect(counts).toEqual(new Map([['password', 3]]));
    const text = JSON.stringify({ password: [TAIL, TAIL] });
    expect(await redactText(text)).toBe(JSON.stringify({ password: [mark, mark] }));
  });
});

describe('what follows a named value stays', () => {
  it.each([
    ['Password=a1b2c3d4;Server=x', 'Password=[REDACTED:password];Server=x'],
    ['f(password=Tr0ub4dor3,user=x)', 'f(password=[REDACTED:password],user=x)'],
    ['<password>x1y2z3Q</password>', '<password>[REDACTED:password]</password>'],
    ['DB_PASSWORD=S3cretAb1; make', 'DB_PASSWORD=[REDACTED:password]; make'],
    ["echo 'PASSWORD=a1b2c3d4', x", "echo 'PASSWORD=[REDACTED:password]', x"],
    ['PASSWORD=a1b2c3d4\\nmake', 'PASSWORD=[REDACTED:password]\\nmake'],
  ])('%s', async (text, expected) => {
    expect(await redactText(`see ${text}`)).toBe(`see ${expected}`);
  });

  it.each([
    '--- PASS: TestLogin2 (0.00s)\nPASS: tests/auth_test2.py\npass 12 fail 0',
    'bypass=abc123defg compass: "a1b2c3d4e5"',
    'token:\n  name: my-secret-2\nsecret:\n  secretName: foo1-bar2\npassword:\n  type2: string2',
    'The password:\n  see appendix 12 of the manual',
    'const pass = await foo2(x); first_pass = compute1',
  ])('also where there is none: %j', async (text) => {
    expect(await redactText(text)).toBe(text);
    expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
  });
});
