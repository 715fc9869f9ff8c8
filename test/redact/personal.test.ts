import { describe, expect, it } from '@jest/globals';
import { redact, redactText } from './support.js';

describe('e-mail addresses', () => {
  it('are replaced when asked for, in text and in JSON text', async () => {
    const text = 'From: Ada <ada.l+x@mail.example.org>\nada@example.org, ok';
    const expected = 'From: Ada <[REDACTED:email]>\n[REDACTED:email], ok';
    const { row, counts } = await redact({ text, json: JSON.stringify({ text }) }, { emails: true });
    expect(row).toEqual({ text: expected, json: JSON.stringify({ text: expected }) });
    expect(counts).toEqual(new Map([['email', 4]]));
  });

  it.each(['git@github.com:a/b.git', 'lodash@4.17.21', '@types/node', 'user@host', 'a @b.c d@'])(
    'are distinguished from %s',
    async (text) => {
      expect(await redactText(text, { emails: true })).toBe(text);
    },
  );
});

describe('user names', () => {
  it.each([
    ['/Users/ada/code', '/Users/[REDACTED:user-name]/code'],
    ['cd "/home/ada" && ls', 'cd "/home/[REDACTED:user-name]" && ls'],
    ['file:///home/ada/x', 'file:///home/[REDACTED:user-name]/x'],
    ['C:\\Users\\ada\\x', 'C:\\Users\\[REDACTED:user-name]\\x'],
    ['C:\\Users\\bob\\x', 'C:\\Users\\[REDACTED:user-name]\\x'],
    ['C:\\Users\\u123abc\\x', 'C:\\Users\\[REDACTED:user-name]\\x'],
    ['C:\\Users\\n', 'C:\\Users\\[REDACTED:user-name]'],
    ['C:\\Users\\Ada B. Lovelace\\x', 'C:\\Users\\[REDACTED:user-name]\\x'],
    ['C:\\Users\\ada or D:\\x', 'C:\\Users\\[REDACTED:user-name] or D:\\x'],
    ['/mnt/c/Users/ada/x', '/mnt/c/Users/[REDACTED:user-name]/x'],
    ['~/.claude/projects/-Users-ada-code/x', '~/.claude/projects/-Users-[REDACTED:user-name]-code/x'],
  ])('are replaced in %s', async (text, expected) => {
    expect(await redactText(text, { user_names: true })).toBe(expected);
    const json = JSON.stringify({ [text]: [text] });
    expect(await redactText(json, { user_names: true })).toBe(JSON.stringify({ [expected]: [expected] }));
  });

  it.each([
    'https://site.org/home/page',
    'GET /users/42',
    '/Users/Shared/x',
    'src/home/index.ts',
    '/home/$USER/x',
  ])('are distinguished from %s', async (text) => {
    expect(await redactText(text, { user_names: true })).toBe(text);
  });
});

it('personal data can be asked for without secrets', async () => {
  const text = 'ada@example.org password=Tr0ub4dor3';
  expect(await redactText(text, { secrets: false, emails: true })).toBe(
    '[REDACTED:email] password=Tr0ub4dor3',
  );
});

it('what is read as off changes nothing at all', async () => {
  const row = { password: 'Tr0ub4dor3', text: 'ada@example.org' };
  expect((await redact(row, { secrets: false })).row).toBe(row);
});
