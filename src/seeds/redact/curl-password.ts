/** `curl -u name:password` and its relatives, on one line or over several. */
import { isPlaceholder } from './judgement.js';
import { endOf, matchAt } from './sticky.js';
import type { Rule } from './types.js';

/** Options of one letter may stand together: `-su`. */
const USER = /(?:-[A-Za-z0-9#]{0,8}[uU](?=[ \t])|-[uU]|--(?:proxy-)?user(?=[ \t=]))[ \t=]{0,4}/y;
const NAME_AND_PASSWORD = /[^\s:"'\\]{1,256}:([^\s"'\\]{3,4096})/y;
const QUOTED_NAME_AND_PASSWORD = /\\{0,15}["'][^\s:"'\\]{1,256}:([^"'\\\n]{3,4096})/y;

/** White space within a command: a line goes on behind a backslash; in JSON text that reads `\\\n`. */
const SPACE = /(?:[ \t]|\\\r?\n|\\{3,15}(?:r\\{1,15})?n)+/y;
/** Up to the end of the command, or to the next one. */
const WORD =
  /(?!curl)(?:'[^'\n]{0,4096}'|\\{0,15}"[^"\n]{0,4096}"|&(?!&)|\\+(?![n\r\n])|[^\s|;&\\'"c]+|['"c])/iy;
const LONGEST = 16_384;

export const curlPassword: Rule = {
  keywords: ['curl'],
  isGeneric: true,
  find(text, at) {
    let part: number | undefined = at + 'curl'.length;
    while (part !== undefined && part - at < LONGEST) {
      const option: number | undefined = endOf(SPACE, text, part);
      const found = option === undefined ? undefined : passwordAt(text, option);
      if (found) return { kind: 'curl-password', ...found };
      part = option ?? endOf(WORD, text, part);
    }
    return undefined;
  },
};

function passwordAt(text: string, option: number): { start: number; end: number } | undefined {
  const at = endOf(USER, text, option);
  if (at === undefined) return undefined;
  const match = matchAt(QUOTED_NAME_AND_PASSWORD, text, at) ?? matchAt(NAME_AND_PASSWORD, text, at);
  const password = match?.[1];
  if (match === undefined || password === undefined || isPlaceholder(password)) return undefined;
  const end = at + match[0].length;
  return { start: end - password.length, end };
}
