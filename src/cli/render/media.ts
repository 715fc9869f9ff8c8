import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { oneLine } from '../../core/one-line.js';

/** Base64 of at least 512 characters that is a whole text, with line breaks as in e-mail or without. */
const BASE64 = /^(?:[\w+/-]+\r?\n)*[\w+/-]{128,}={0,2}\s*$/;
const DATA_URL = /data:([\w.+/-]+)?(?:;[\w=.-]+)*;base64,([A-Za-z\d+/=_-]*)/g;

/** A text in which images and other data are named by type and size: `[image/png, 4.2 kB]`. */
export function withMediaNamed(text: string): string {
  if (text.length >= 512 && BASE64.test(text)) return `[data, ${bytesOf(text)}]`;
  if (!text.includes(';base64,')) return text;
  return text.replaceAll(
    DATA_URL,
    (_, type: string | undefined, data: string) => `[${type ?? 'data'}, ${bytesOf(data)}]`,
  );
}

/** A content block that is no text, such as `[image: image/png, 4.2 kB]` or `[image_url: https://…]`. */
export function mediaName(block: JsonObject): string {
  const details = [...textsOf(block, 0)].slice(0, 3).join(', ');
  return `[${String(block['type'])}${details === '' ? '' : `: ${details}`}]`;
}

/** Keys whose text says which image or file it is. */
const TELLING =
  /^(?:media_?type|mime_?type|url|path|file_?(?:name|path|id|uri)?|name|title|image|data|blob)$/i;

function* textsOf(value: JsonObject, depth: number): Generator<string> {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && inner !== '' && TELLING.test(key)) yield oneLine(named(key, inner), 120);
    // An image is at most two objects deep: `{ type, image_url: { url } }`, `{ type, source: { data } }`.
    else if (isObject(inner) && depth < 2) yield* textsOf(inner, depth + 1);
  }
}

/** Data that is in a row already by its size is left like this. */
function named(key: string, text: string): string {
  const isData = /^(?:data|blob|image)$/i.test(key) && /^[\w+/=-]{16,}$/.test(text);
  const shown = isData ? bytesOf(text) : withMediaNamed(text);
  return shown.replace(/^\[(.*)\]$/, '$1').replace(/, sha256 [\da-f]+/, '');
}

const bytesOf = (base64: string): string => {
  const bytes = Math.floor((base64.replaceAll(/[\s=]+/g, '').length * 3) / 4);
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
};

/** The content of a message as texts, data named. */
export function contentTexts(content: Json | undefined): readonly string[] {
  if (content === undefined || content === null) return [];
  const blocks = Array.isArray(content) ? content : [content];
  return blocks.map((block: Json) => {
    if (!isObject(block)) return withMediaNamed(String(block));
    return typeof block['text'] === 'string' ? withMediaNamed(block['text']) : mediaName(block);
  });
}
