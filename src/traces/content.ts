import { createHash } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../core/json.js';
import type { ContentBlock } from './message.js';
import { jsonText } from './fields.js';

/** Types of plain-text blocks in the various formats. */
const TEXT_TYPES: ReadonlySet<Json | undefined> = new Set(['text', 'input_text', 'output_text']);

export function textBlock(text: string): ContentBlock {
  return { type: 'text', text };
}

/** False for a content without a text or another block: an empty message is no message. */
export function hasContent(content: Json | undefined): boolean {
  if (content === undefined || content === null || content === '') return false;
  return !Array.isArray(content) || !content.every(isEmptyText);
}

function isEmptyText(block: Json): boolean {
  return block === '' || (isObject(block) && block['type'] === 'text' && (block['text'] ?? '') === '');
}

/** The content of a message, in any form, as a list of blocks. Anything unexpected becomes JSON text. */
export function contentBlocks(content: Json | undefined): readonly ContentBlock[] {
  if (content === undefined || content === null) return [];
  return Array.isArray(content) ? content.map(contentBlock) : [contentBlock(content)];
}

function contentBlock(block: Json): ContentBlock {
  if (isObject(block)) return objectBlock(block);
  return textBlock(asText(block));
}

function objectBlock(block: JsonObject): ContentBlock {
  const { type, text } = block;
  const isText = TEXT_TYPES.has(type) || ((type === undefined || type === null) && text !== undefined);
  if (isText && text !== undefined) return textBlock(asText(text));
  if (type === 'text') return textBlock('');
  if (typeof type !== 'string') return textBlock(jsonText(block));
  return { ...withoutData(block), type, ...(text !== undefined && { text: asText(text) }) };
}

function asText(value: Json): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : jsonText(value);
}

/** Shorter data is kept. */
const MIN_LENGTH = 512;

/**
 * A block with the base64 of images, documents and ciphers replaced by its size and hash: it would fill prompts and
 * rows with useless text. The trace file still has it.
 */
export function withoutData(block: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(block).map(([key, value]) => [
      key,
      key === 'text'
        ? value
        : CIPHERS.has(key) && typeof value === 'string'
          ? summary(value)
          : replaced(value),
    ]),
  );
}

/** Keys whose text is a cipher, however short. */
const CIPHERS: ReadonlySet<string> = new Set(['encrypted_content', 'encryptedContent', 'encrypted']);

/** Recursion is bounded by the reader's limit on nesting. */
function replaced(value: Json): Json {
  if (typeof value === 'string') return value.length < MIN_LENGTH ? value : replacedText(value);
  if (Array.isArray(value)) return value.map(replaced);
  return isObject(value) ? withoutData(value) : value;
}

function replacedText(text: string): string {
  const comma = text.startsWith('data:') ? text.indexOf(',') : -1;
  const head = text.slice(0, comma + 1);
  const data = text.slice(comma + 1);
  // Some tools wrap its lines, as e-mail does.
  if (!/^(?:[\w+/-]+\r?\n)*[\w+/-]+={0,2}\s*$/.test(data)) return text;
  return `${head}${summary(data)}`;
}

/** Size and hash of data in base64. */
export function summary(data: string): string {
  const bytes = Buffer.from(data, 'base64');
  return `[${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex')}]`;
}
