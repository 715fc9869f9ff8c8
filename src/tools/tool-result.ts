/** What a tool answered, as a model can read it: words and images; all else in words. */
import { hash } from 'node:crypto';
import { isObject, nestsTooDeep, type Json, type JsonObject } from '../core/json.js';
import { bytesOfBase64, mediaTypeOf } from '../core/media-type.js';
import type { MediaPart, ToolResult } from '../models/types.js';

/** Characters of a result that a model is shown. */
const longestText = 100_000;

const mostImages = 16;

/** @see https://modelcontextprotocol.io/specification/2025-06-18/server/tools#tool-result */
export function readToolResult(result: JsonObject): ToolResult {
  if (nestsTooDeep(result)) return { text: 'Error: the result is nested too deeply', isError: true };
  const { content, structuredContent, isError } = result;
  const blocks: readonly Json[] = Array.isArray(content) ? content : [];
  const media: MediaPart[] = [];
  const texts = blocks.map((block) => {
    if (!isObject(block)) return JSON.stringify(block);
    if (block['type'] === 'image') {
      const image = imageOf(block['data']);
      if (typeof image === 'string') return `[an image that is not shown: ${image}]`;
      if (media.length >= mostImages)
        return `[an image that is not shown: there are more than ${mostImages}]`;
      media.push(image);
      return undefined;
    }
    return textOf(block);
  });
  const said = texts.filter((text) => text !== undefined).join('\n');
  const whole =
    said === '' && blocks.length === 0 && structuredContent ? JSON.stringify(structuredContent) : said;
  const failed = isError === true;
  const text = bounded(failed && !/^error/i.test(whole) ? `Error: ${whole}` : whole);
  return { text, ...(media.length > 0 && { media }), ...(failed && { isError: true }) };
}

function textOf(block: JsonObject): string {
  const { type, text, resource, data } = block;
  if (typeof text === 'string') return text;
  if (isObject(resource) && typeof resource['text'] === 'string') return resource['text'];
  if (typeof data === 'string') return `[${String(type)}, ${data.length} characters of base64]`;
  if (isObject(resource) && typeof resource['blob'] === 'string')
    return `[${String(resource['uri'])}, ${resource['blob'].length} characters of base64]`;
  return JSON.stringify(block);
}

/** The image, with the type that its bytes have, or why it is none. */
function imageOf(data: Json | undefined): MediaPart | string {
  if (typeof data !== 'string') return 'it has no data';
  const bytes = bytesOfBase64(data);
  if (!bytes.ok) return bytes.error;
  const type = mediaTypeOf(bytes.value);
  if (!type.ok) return type.error;
  const { modality, mime } = type.value;
  if (modality !== 'image') return `it is ${mime}`;
  const base64 = bytes.value.toString('base64');
  return { modality, mime, base64, bytes: bytes.value.length, sha256: hash('sha256', bytes.value) };
}

function bounded(text: string): string {
  const formed = text.toWellFormed();
  if (formed.length <= longestText) return formed;
  return `${formed.slice(0, longestText).toWellFormed()}\n[${formed.length - longestText} more characters are not shown]`;
}
