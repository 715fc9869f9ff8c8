import { expect, it } from '@jest/globals';
import { redactText } from './support.js';

const PW = 'Zq8vK2mX9a';
const MARK = '[REDACTED:curl-password]';

it.each([
  (pw: string) => `curl -X POST \\\n  -u bob:${pw} \\\n  https://x`,
  (pw: string) => `curl \\\r\n-u bob:${pw} https://x`,
  (pw: string) => `curl -su bob:${pw} https://x`,
  (pw: string) => `curl -ubob:${pw} https://x`,
  (pw: string) => `curl --user=bob:${pw} --proxy-user bob:${pw} https://x`,
  (pw: string) => `curl -H 'a: b; c' -d "x|y" -u "bob:${pw}" https://x`,
  (pw: string) => `curl https://curl.se/x -U 'bob:${pw} ${pw}'`,
])('passwords on the command line of curl are replaced: %#', async (command) => {
  const text = command(PW);
  const expected = command(MARK).replace(`${MARK} ${MARK}`, MARK);
  expect(await redactText(text)).toBe(expected);
  expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text: expected }));
  const twice = (inner: string): string => JSON.stringify({ body: JSON.stringify({ text: inner }) });
  expect(await redactText(twice(text))).toBe(twice(expected));
});

it.each([
  'curl https://x; docker run -u app:staff',
  'curl https://x | docker run -u app:staff',
  'curl https://x && docker run -u app:staff',
  'curl https://x\ndocker run -u app:staff',
  'curl -u $USER:$PASS https://x; curl -o output:abcd',
])('those of other commands are none: %j', async (text) => {
  expect(await redactText(text)).toBe(text);
  expect(await redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
});
