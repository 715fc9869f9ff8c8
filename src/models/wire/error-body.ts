import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';
import { oneLine } from '../../core/one-line.js';
import { waitInBody } from './retry-after.js';

/** What the body of an error response says, whichever shape the server chose for it. */
export interface ErrorBody {
  /** Machine-readable names: `insufficient_quota`, `context_length_exceeded`, … in lower case. */
  readonly codes: readonly string[];
  /** The parameter that is to blame. */
  readonly param: string | undefined;
  /** The reason in the server's words, on one line. */
  readonly reason: string;
  /** The same in full, for a look at its words. */
  readonly words: string;
  /** The beginning of the body. */
  readonly text: string;
  readonly isHtml: boolean;
  /** The wait that the body asks for, in milliseconds. */
  readonly waitMs: number | undefined;
  /** What the model had written, where the server found it malformed (Groq's `failed_generation`). */
  readonly generation: string | undefined;
}

/** No reason needs more, and an error page may be megabytes. */
const longestBody = 16_384;

/**
 * Reads OpenAI's `{error: {…}}`, Google's `[{error: {…}}]`, `{errors: [{…}]}`, FastAPI's `{detail}`, RFC 9457's
 * `{title, detail}`, a bare `{message}`, a text or an HTML page.
 */
export function readErrorBody(body: string): ErrorBody {
  const text = body.slice(0, longestBody);
  const error = errorIn(jsonIn(body) ?? null);
  const html = isHtml(text);
  const words = reasonOf(error) ?? (html ? 'an HTML page' : text);
  const upstream = upstreamError(error);
  const param = [error, upstream]
    .map((part) => isObject(part) && part.param)
    .find((name) => typeof name === 'string');
  const generation = isObject(error) ? error.failed_generation : undefined;
  return {
    codes: [...codesOf(error), ...codesOf(upstream)],
    param: typeof param === 'string' ? param : undefined,
    reason: oneLine(words),
    words: words.slice(0, longestBody),
    text,
    isHtml: html,
    waitMs: waitInBody(error, words),
    generation: typeof generation === 'string' ? generation : undefined,
  };
}

/** The object or text of the error, in any place where a server puts it. */
function errorIn(parsed: Json): Json {
  const value: Json = Array.isArray(parsed) ? ((parsed[0] as Json | undefined) ?? null) : parsed;
  if (!isObject(value)) return value;
  if (isObject(value.error)) return value.error;
  const [first] = Array.isArray(value.errors) ? (value.errors as readonly Json[]) : [];
  return first === undefined || value.message !== undefined ? value : first;
}

/** The error of the provider behind a gateway: OpenRouter repeats it as text. */
function upstreamError(error: Json): Json {
  const metadata = isObject(error) && isObject(error.metadata) ? error.metadata : {};
  return typeof metadata.raw === 'string' ? errorIn(jsonIn(metadata.raw) ?? null) : null;
}

/** What the body of a 200 is that holds no answer. `value`: what it says in JSON. */
export function kindOfBody(body: string, value: Json | undefined): string {
  if (body.trim() === '') return 'an empty body';
  if (value !== undefined) return 'other JSON';
  if (isHtml(body)) return 'an HTML page';
  if (/^\s*(?:data|event):/.test(body)) return 'a stream of events';
  if (jsonIn(body) !== undefined) return 'JSON that is nested too deeply';
  return /^\s*[{[]/.test(body) ? 'broken JSON' : 'text that is not JSON';
}

export function isHtml(text: string): boolean {
  return /^\s*<(?:!doctype|html)/i.test(text);
}

/** The title of a page, or its first words. */
export function wordsOfHtml(page: string): string {
  const text = page.slice(0, longestBody);
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1]?.trim();
  return title || text.replace(/<(script|style)[^]*?<\/\1>|<[^>]*>/gi, ' ').trim();
}

function codesOf(error: Json): readonly string[] {
  if (!isObject(error)) return [];
  const details = Array.isArray(error.details) ? error.details : [];
  const inDetails = details.flatMap((detail: Json) => {
    if (!isObject(detail)) return [];
    const violations: readonly Json[] = Array.isArray(detail.violations) ? detail.violations : [];
    return [detail.reason, ...violations.map((violation) => isObject(violation) && violation.quotaId)];
  });
  const inner = isObject(error.innererror) ? error.innererror.code : undefined;
  return [error.code, error.type, inner, ...inDetails]
    .filter((code) => typeof code === 'string')
    .map((code) => code.toLowerCase());
}

function reasonOf(error: Json): string | undefined {
  if (typeof error === 'string') return error;
  if (!isObject(error)) return undefined;
  const { message, detail, error: plain, title } = error;
  const reason = [message, detail, plain, title].find((value) => value !== undefined && value !== null);
  if (reason === undefined) return undefined;
  if (Array.isArray(reason)) return reason.map(fieldProblem).join('; ');
  return [typeof reason === 'string' ? reason : JSON.stringify(reason), ...upstreamReason(error)].join(': ');
}

/** OpenRouter's own message is "Provider returned error"; what that provider said is beside it. */
function upstreamReason({ metadata }: JsonObject): readonly string[] {
  return isObject(metadata) && typeof metadata.raw === 'string' ? [metadata.raw] : [];
}

/** One entry of FastAPI's `detail`: `{loc: ['body', 'messages'], msg: '…'}`. */
function fieldProblem(entry: Json): string {
  if (!isObject(entry)) return String(entry);
  const place = Array.isArray(entry.loc) ? `${entry.loc.join('.')}: ` : '';
  return `${place}${String(entry.msg ?? '')}`;
}

/** A number of tokens, where a server says one. */
export function tokenCount(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
