/** What an answer says that is no words: vectors, or images. The text of such an answer is JSON, as it is stored. */
import { isObject, jsonIn, type Json } from '../core/json.js';
import { bytesOfBase64, mediaTypeOf } from '../core/media-type.js';
import { oneLine } from '../core/one-line.js';
import { err, ok, type Result } from '../core/result.js';
import type { Task } from './types.js';

/** The lists of an answer, or what is wrong with it as a sentence. */
export function readTaskAnswer(text: string, task: Task): Result<Json, string> {
  const value = text.startsWith('[') ? jsonIn(text) : undefined;
  const list: readonly Json[] = Array.isArray(value) ? value : [];
  if (list.length === 0) return err(`the answer has no ${task}${saying(text)}`);
  const fault = task === 'embedding' ? faultOfVectors(list) : list.map(faultOfImage).find(Boolean);
  return fault === undefined ? ok(list) : err(fault);
}

function faultOfImage(image: Json): string | undefined {
  const bytes = typeof image === 'string' ? bytesOfBase64(image) : err('it is no text');
  const type = bytes.ok ? mediaTypeOf(bytes.value) : bytes;
  if (!type.ok) return `an image of the answer cannot be used: ${type.error}`;
  return type.value.modality === 'image'
    ? undefined
    : `the answer has a file of ${type.value.mime}, no image`;
}

function faultOfVectors(vectors: readonly Json[]): string | undefined {
  const [first] = vectors;
  const length = Array.isArray(first) ? first.length : 0;
  if (length === 0) return 'the answer has an empty vector';
  const isVector = (vector: Json): boolean =>
    Array.isArray(vector) &&
    vector.length === length &&
    vector.every((value: Json) => Number.isFinite(value));
  return vectors.every(isVector) ? undefined : 'the answer has vectors of different lengths, or no numbers';
}

const saying = (text: string): string =>
  text.trim() === '' || isObject(jsonIn(text)) ? '' : `; it says: ${oneLine(text, 120)}`;
