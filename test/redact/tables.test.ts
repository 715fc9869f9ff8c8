import { describe, expect, it } from '@jest/globals';
import { redact, redactText } from './support.js';

const SECRET = 'k7Qz2mX9aLw4Rt8Vb3Nc';
const OTHER = 'Pw5Rt1Yq8Zx3Cv6Bn2Mk';

describe('a table whose header names a column of secrets', () => {
  it.each([
    ['CSV', `user,api_token,note\nada,${SECRET},"a, b"\ngrace,${OTHER},c\n`],
    ['the first column', `token,user\n${SECRET},ada\n${OTHER},grace`],
    ['semicolons and quotes', `"user";"password"\r\n"ada";"${SECRET}"\r\n"grace";"${OTHER}"\r\n`],
    ['tabs', `id\tapi_key\tnote\n1\t${SECRET}\ta b\n2\t${OTHER}\tc\n`],
    ['two columns of secrets', `user,secret,api_key\nada,${SECRET},${OTHER}\n`],
    ['Markdown', `| Service | API key |\n| --- | :-: |\n| a | \`${SECRET}\` |\n| b | **${OTHER}** |\n`],
    ['JSON text', JSON.stringify({ out: `id,token\n1,${SECRET}\n2,${OTHER}\n` })],
    ['JSON text with quotes', JSON.stringify({ out: `"id","token"\n"1","${SECRET}"\n"2","${OTHER}"\n` })],
    ['numbered lines', `     1\tid,token\n     2\t1,${SECRET}\n     3\t2,${OTHER}\n`],
  ])('%s', async (_, text) => {
    const redacted = String(await redactText(text));
    expect(redacted).not.toContain(SECRET);
    expect(redacted).not.toContain(OTHER);
    expect(redacted.replaceAll(/\[REDACTED:(?:secret|password)\]/g, '')).toBe(
      text.replaceAll(SECRET, '').replaceAll(OTHER, ''),
    );
  });

  it.each([
    ['names', '| Token | Purpose |\n|---|---|\n| `syntaxKeyword` | `if` |\n'],
    ['another column', `user,password\n${SECRET},none\n`],
    ['after the table', `user,token\nada,none\n\nrow,${SECRET},x\n`],
    ['code', `call(token, user)\ncall(x, ${SECRET})\n`],
    ['a list over lines', `"pass", "word",\n"${SECRET}", "b",\n`],
  ])('leaves %s as it is', async (_, text) => {
    expect(await redactText(text)).toBe(text);
  });
});

describe('a section named secrets', () => {
  it.each([
    `[secrets]\nmail = ${SECRET}\nother = "${OTHER}"\n[paths]\n`,
    `secrets:\n  mail: ${SECRET}\n  other: '${OTHER}'\npaths:\n`,
    `{"secrets": {"mail": "${SECRET}", "n": 1, "other": "${OTHER}"}}`,
  ])('%j', async (text) => {
    const redacted = await redactText(text);
    expect(redacted).toBe(text.replace(SECRET, '[REDACTED:secret]').replace(OTHER, '[REDACTED:secret]'));
  });

  it('ends where the indentation does', async () => {
    const text = `secrets:\n  mail: none\nrevision: ${SECRET}\n`;
    expect(await redactText(text)).toBe(text);
  });
});

it.each([
  { env: [['DB_PASSWORD', SECRET]] },
  { env: [{ name: 'API_TOKEN', value: SECRET }] },
  { env: [{ Value: SECRET, Key: 'API_TOKEN' }] },
  { secrets: { mail: SECRET } },
])('a name and its value apart in an object: %j', async (row) => {
  const { row: redacted, counts } = await redact(row);
  expect(JSON.stringify(redacted)).toMatch(/REDACTED:(?:secret|password)/);
  expect(JSON.stringify(redacted)).not.toContain(SECRET);
  expect([...counts.values()]).toEqual([1]);
});
