/**
 * Which pictures a value of a row is: files of the dataset, and data in the row itself. Only what a value says is looked
 * at, so that the page of `dd view` can ask too; who reads a file looks at its bytes.
 */
import { isObject, jsonIn, type Json } from '../core/json.js';

/** A path that `keep` of the media folder made. */
const OWN = /^images\/[\p{L}_][\p{L}\p{M}\p{N}_]*\/[\da-f]{32}\.[a-z\d]+$/u;

/** True for the path of a file of the dataset: `images/COLUMN/HASH.EXT`. */
export const isOwnPath = (text: string): boolean => OWN.test(text);

/** The paths below `images/` that a value has in it. */
export function ownPaths(value: Json): readonly string[] {
  if (typeof value === 'string') return isOwnPath(value) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(ownPaths);
  return isObject(value) ? Object.values(value).flatMap(ownPaths) : [];
}

/** A picture of a cell: a file of the dataset, or data; `text` for what is none, such as an address. */
export type Picture = { readonly path: string } | { readonly data: string } | { readonly text: string };

/** The pictures of a cell in the forms that `multi_modal_context` reads; `undefined` where it has none. */
export function picturesIn(value: Json | undefined): readonly Picture[] | undefined {
  const listed = typeof value === 'string' && /^\s*\[\s*"/.test(value) ? jsonIn(value) : value;
  const items: readonly Json[] = Array.isArray(listed) ? listed : [listed ?? null];
  if (!items.every((item) => typeof item === 'string')) return undefined;
  const pictures = items.map(pictureIn);
  return pictures.some((picture) => !('text' in picture)) ? pictures : undefined;
}

function pictureIn(text: string): Picture {
  if (isOwnPath(text)) return { path: text };
  const data = dataIn(text);
  return data === undefined ? { text } : { data };
}

/** The first bytes of PNG, JPEG, GIF and WebP, as base64. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGODdh', 'image/gif'],
  ['R0lGODlh', 'image/gif'],
  ['UklGR', 'image/webp'],
];

/** A data URI of base64 data, with the type that its first bytes say: what a data URI says itself is not taken. */
export function dataIn(text: string): string | undefined {
  const said = /^data:[^,]{0,200};base64,/i.exec(text.slice(0, 256))?.[0] ?? '';
  const base64 = text.slice(said.length).trim();
  const type = SIGNATURES.find(([first]) => base64.startsWith(first))?.[1];
  // Prose that begins like a picture is shorter, or has other characters.
  return type !== undefined && base64.length >= 40 && /^[\w+/\s]+={0,2}$/.test(base64)
    ? `data:${type};base64,${base64}`
    : undefined;
}
