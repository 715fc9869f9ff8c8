import { remembered } from '../../remembered.js';

/** What stands in place of a key. */
const mark = '[key]';

/**
 * The text without the key, however it is spelled there: as it is, percent-encoded, or as JSON may escape it,
 * also in JSON within JSON. Each character by itself, since most encoders only change some.
 */
export function hideKey(text: string, key: string): string {
  return text.replace(patternOf(key), mark);
}

const patternOf = remembered(
  (key: string) => new RegExp([...key].map(spellings).join(''), 'g'),
  (key) => key,
);

function spellings(character: string): string {
  const plain = character.replace(/\W/g, String.raw`\$&`);
  const units = [...Array(character.length).keys()].map((index) => hex(character.charCodeAt(index), 4));
  const bytes = [...Buffer.from(character)].map((byte) => hex(byte, 2));
  const escaped = units.map((unit) => String.raw`\\{1,4}u${unit}`).join('');
  const encoded = bytes.map((byte) => `%(?:25)?${byte}`).join('');
  return String.raw`(?:${plain}|\\{1,4}${plain}|${escaped}|${encoded})`;
}

/** Digits in either case. */
function hex(code: number, digits: number): string {
  const text = code.toString(16).padStart(digits, '0');
  return text.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
