import { describe, expect, it } from '@jest/globals';
import { redactText } from './support.js';

const PW = 'Zq8vK2mX9a';

describe('the password of a URL', () => {
  it.each([
    ['begins with a bracket', `postgres://app:(${PW}@db/x`],
    ['has a mask in it', `postgres://app:${PW}xxxx1@db/x`],
    ['is long', `postgres://app:${PW.repeat(400)}@db/x`],
    ['has an @', `postgres://app:a@${PW}@db/x`],
    ['has a slash', `postgres://app:a/${PW}@db/x`],
    ['has a #', `postgres://app:a#${PW}@db/x`],
    ['has a ?', `postgres://app:a?${PW}@db/x`],
    ['has an apostrophe', `postgres://app:it's${PW}@db/x`],
    ['belongs to an address', `https://me@corp.com:${PW}@host/x`],
    ['belongs to a name with a quote', `https://o'app:${PW}@host/x`],
    ['has no user name', `redis://:${PW}@host`],
    ['is before a host to be filled in', `postgres://app:${PW}@{host}/x`],
    ['is before a variable', `postgres://app:${PW}@$DB_HOST/x`],
    ['is before a variable and a port', `postgres://app:${PW}@\${DB_HOST}:5432/x`],
    ['is before no host', `postgres://app:${PW}@/db?host=/cloudsql/x`],
    ['is before a host with an umlaut', `postgres://app:${PW}@ünchen.local/x`],
    ['is before a host that is added', `"postgres://app:${PW}@" + host`],
    ['is the last of a text', `postgres://app:${PW}@`],
  ])('is replaced where it %s', async (_, text) => {
    for (const shown of [text, JSON.stringify({ text })]) {
      const redacted = await redactText(shown);
      expect(redacted).not.toContain(PW);
      expect(redacted).toContain(':[REDACTED:url-password]@');
    }
  });

  it.each([
    'postgres://u:$PW@db postgres://u:${PW}@db postgres://u:<password>@db postgres://u:{{ pw }}@db',
    'postgres://u:xxxx@db postgres://u:****@db postgres://%s:%s@%s/x',
    'http://localhost:3000/@scope/a http://localhost:PORT/@vite/x http://[::1]:5173/@vite/client',
    'http://h:${port}/@vite/c https://a.org:443/@ada/b@c file://c:/code/@scope/a',
    'git+ssh://git@github.com:org/repo@1.2',
    "['http://localhost','x:y@z.org'] see http://a:80, or x@y.org",
    String.raw`re.compile(r"://([^:]+):([^@]+)@(.+)") /:\/\/(.*):(.*)@/ /^https?:\/\/[^:]+:[^@]+@(.*)/`,
  ])('is none in %s', async (text) => {
    expect(await redactText(text)).toBe(text);
    expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
  });
});
