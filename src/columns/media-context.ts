/**
 * `multi_modal_context`: images, sounds and films that a prompt has beside its words, from the values of other columns.
 * Values come from seeds, which are not trusted: a path is read by `MediaFiles` alone, which knows what may be read, and
 * the type of what is read or decoded is that of its bytes. What is no such file fails the cell before any request.
 */
import { hash } from 'node:crypto';
import { shallowJsonIn, type Json, type JsonObject } from '../core/json.js';
import { bytesOfBase64, mediaTypeOf, type Modality } from '../core/media-type.js';
import { oneLine } from '../core/one-line.js';
import { err, ok, type Result } from '../core/result.js';
import type { ChatMessage, MediaPart } from '../models/types.js';
import type { ColumnReference, MediaFiles } from './types.js';

/** An entry of `multi_modal_context`, as in Data Designer. */
export interface MediaContext {
  /** Left out by old configs, which had images only. */
  readonly modality?: Modality;
  readonly column_name: string;
  /** Where a value does not say it itself. */
  readonly data_type?: 'url' | 'base64' | null;
}

const format = (formats: readonly string[], what: string): JsonObject => ({
  enum: [...formats, null],
  description: `Accepted and not needed: the type of ${what} is found from its bytes.`,
});

export const mediaContextProperty = {
  type: 'array',
  description: 'Images, sounds and films that go before the text of the prompt.',
  items: {
    type: 'object',
    properties: {
      modality: {
        enum: ['image', 'audio', 'video'],
        default: 'image',
        description: 'What the column holds.',
      },
      column_name: {
        type: 'string',
        minLength: 1,
        description:
          'The column with an address, a path, a data URI or base64; or with a list of them, also as JSON in text.',
      },
      data_type: {
        enum: ['url', 'base64', null],
        description:
          'What a value is that could be either: `url` an address or a path, `base64` the data. Default: paths end like files of the modality.',
      },
      image_format: format(['png', 'jpg', 'jpeg', 'gif', 'webp'], 'an image'),
      audio_format: format(['mp3', 'wav'], 'a sound'),
      video_format: format(['mp4', 'mov', 'webm'], 'a film'),
    },
    required: ['column_name'],
    additionalProperties: false,
  },
} as const satisfies JsonObject;

/** The most entries and bytes of one prompt. */
const LIMITS = { parts: 100, bytes: 64 * 2 ** 20 };

export interface PreparedMedia {
  readonly references: readonly ColumnReference[];
  readonly modalities: readonly Modality[];
  /** The messages with their media, in the last message of the user; or why a value cannot be used. */
  read(row: JsonObject, files: MediaFiles | undefined): Promise<Result<readonly MediaPart[], string>>;
}

export function prepareMedia(contexts: readonly MediaContext[]): PreparedMedia {
  return {
    references: contexts.map(({ column_name: name }, index) => ({
      path: [name],
      at: ['multi_modal_context', index, 'column_name'],
      span: { offset: 0, length: name.length },
      optional: false,
    })),
    modalities: [...new Set(contexts.map(({ modality = 'image' }) => modality))],
    async read(row, files) {
      const parts: MediaPart[] = [];
      let bytes = 0;
      for (const context of contexts) {
        const fail = (message: string): Result<never, string> =>
          err(`multi_modal_context: ${context.column_name}: ${message}`);
        const values = valuesOf(row[context.column_name] ?? null);
        if (parts.length + values.length > LIMITS.parts)
          return fail(`a prompt has ${LIMITS.parts} images, sounds and films at most`);
        for (const value of values) {
          const part = await partOf(value, context, files);
          if (!part.ok) return fail(part.error);
          bytes += 'url' in part.value ? 0 : part.value.bytes;
          if (bytes > LIMITS.bytes)
            return fail(`the files of a prompt have ${LIMITS.bytes / 2 ** 20} MB at most together`);
          parts.push(part.value);
        }
      }
      return ok(parts);
    },
  };
}

/** The messages with media in the last one of the user. */
export function withMedia(
  messages: readonly ChatMessage[],
  media: readonly MediaPart[],
): readonly ChatMessage[] {
  const at = messages.findLastIndex(({ role }) => role === 'user');
  const last = messages[at];
  return last && media.length > 0 ? messages.with(at, { ...last, media }) : messages;
}

/** Says which file it is, without its data: `image/png, 68 bytes, sha256 ab12…`. */
export function mediaSummary(part: MediaPart): string {
  return 'url' in part
    ? `${part.modality}: ${oneLine(part.url, 200)}`
    : `${part.mime}, ${part.bytes} bytes, sha256 ${part.sha256}`;
}

/** One value, a list of them, or such a list as JSON in text. */
function valuesOf(value: Json): readonly Json[] {
  const listed = typeof value === 'string' && /^\s*\[/.test(value) ? shallowJsonIn(value) : value;
  return Array.isArray(listed) ? listed : [value];
}

const PATHS: Readonly<Record<Modality, RegExp>> = {
  image: /\.(?:png|jpe?g|gif|webp)$/i,
  audio: /\.(?:mp3|wav)$/i,
  video: /\.(?:mp4|mov|webm)$/i,
};

const namesFile = (text: string, modality: Modality, kind: MediaContext['data_type']): boolean =>
  kind !== 'base64' && (kind === 'url' || PATHS[modality].test(text.slice(-8)));

/** The files that a value names, by the number of their entry. */
export function filesIn(
  value: Json,
  { modality = 'image', data_type: kind }: MediaContext,
): ReadonlyMap<number, string> {
  const named = valuesOf(value)
    .map((entry) => (typeof entry === 'string' ? entry.trim() : ''))
    .map((text): readonly string[] =>
      text !== '' && !/^(?:https?:\/\/|data:)/i.test(text) && namesFile(text, modality, kind) ? [text] : [],
    );
  return new Map(named.flatMap(([text], index) => (text === undefined ? [] : [[index, text]])));
}

async function partOf(
  value: Json,
  { modality = 'image', data_type: kind }: MediaContext,
  files: MediaFiles | undefined,
): Promise<Result<MediaPart, string>> {
  if (value === null) return err('is null in this row; `skip` the column for such rows');
  if (typeof value !== 'string' || value.trim() === '')
    return err(`an address, a path or base64 is expected, and not ${oneLine(JSON.stringify(value), 60)}`);
  const text = value.trim();
  if (/^https?:\/\//i.test(text)) {
    return URL.canParse(text) ? ok({ modality, url: text }) : err(`${oneLine(text, 80)} is no address`);
  }
  const data = /^data:[^,]{0,200};base64,/i.exec(text.slice(0, 256));
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(text.slice(0, 64));
  if (!data && scheme && !/^[a-z]:[\\/]/i.test(text))
    return err(`${oneLine(text, 40)}: addresses of http and https are sent, and none of \`${scheme[1]}:\``);
  const isPath = !data && namesFile(text, modality, kind);
  const bytes = isPath
    ? ((await files?.read(text)) ?? err('no file is read here'))
    : bytesOfBase64(data ? text.slice(data[0].length) : text);
  if (!bytes.ok)
    return isPath || data || kind === 'base64'
      ? bytes
      : err(`${oneLine(text, 60)} is no address, no path of ${nameOf[modality]} and no base64`);
  const type = mediaTypeOf(bytes.value);
  const shown = isPath ? `${oneLine(text, 120)}: ` : '';
  if (!type.ok) return err(`${shown}${type.error}`);
  const { modality: found, mime } = type.value;
  if (found !== modality) return err(`${shown}it is ${mime}, and not ${nameOf[modality]}`);
  return ok({
    modality,
    mime,
    base64: bytes.value.toString('base64'),
    bytes: bytes.value.length,
    sha256: hash('sha256', bytes.value),
  });
}

const nameOf: Readonly<Record<Modality, string>> = {
  image: 'an image',
  audio: 'a sound',
  video: 'a film',
};
