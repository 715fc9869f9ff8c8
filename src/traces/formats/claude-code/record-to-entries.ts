import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { contentBlocks, hasContent } from '../../content.js';
import { idOf, listOf, objectOf, textOf } from '../../fields.js';
import type { MessageKind } from '../../message.js';
import {
  argumentsText,
  messageEntry,
  resultEntry,
  type CallPart,
  type Entry,
} from '../../transcript-entry.js';

/** The part of a record that belongs to the conversation. */
export interface RecordEntries {
  readonly entries: readonly Entry[];
  /** Reasons for parts that could not be used. */
  readonly faults: readonly string[];
}

const NONE = [] as const;
const NOTHING: RecordEntries = { entries: NONE, faults: NONE };

/** A copy without the spare capacity of a list that has grown: these lists are kept for long. */
function trimmed<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list.slice();
}

/** The entries of a record; bookkeeping records have none. */
export function recordToEntries(record: JsonObject): RecordEntries {
  const { type, message } = record;
  if (type === 'attachment') return readAttachment(objectOf(record['attachment']));
  if (type !== 'user' && type !== 'assistant') return NOTHING;
  if (!isObject(message)) return { entries: [], faults: ['records without a message'] };
  if (type === 'user') return readUserRecord(record, message);
  if (!isSynthetic(record, message)) return readAssistantRecord(message);
  const kind = record['isApiErrorMessage'] === true ? 'error' : 'meta';
  return { entries: [messageEntry('system', message['content'], kind)], faults: NONE };
}

/** True for messages that Claude Code itself wrote as the assistant, for instance to report a failed request. */
export function isSynthetic(record: JsonObject, message: JsonObject): boolean {
  return record['isApiErrorMessage'] === true || message['model'] === '<synthetic>';
}

/** Results come before the user's own text, so that they stay with their calls. */
function readUserRecord(record: JsonObject, { content }: JsonObject): RecordEntries {
  const blocks = Array.isArray(content) ? listOf(content) : isObject(content) ? [content] : undefined;
  if (!blocks) return { entries: userMessage(content, kindOf(record, [content ?? null])), faults: NONE };
  const entries: Entry[] = [];
  const faults: string[] = [];
  const rest: Json[] = [];
  for (const block of blocks) {
    if (isResult(block)) addResult(block, entries, faults);
    else rest.push(block);
  }
  if (rest.length > 0) entries.push(...userMessage(rest, kindOf(record, rest)));
  return { entries: trimmed(entries), faults: trimmed(faults) };
}

function kindOf(record: JsonObject, content: readonly Json[]): MessageKind | undefined {
  if (record['isCompactSummary'] === true) return 'summary';
  if (isUntyped(record)) return 'meta';
  return content.length > 0 && content.every(isWrittenByTool) ? 'meta' : undefined;
}

/** True for a message that nobody typed: one of the program, a plugin or another agent. */
function isUntyped({ isMeta, origin }: JsonObject): boolean {
  const { kind, asUser } = objectOf(origin);
  return isMeta === true || (NOT_HUMAN.has(kind) && asUser !== true);
}

/** Values of `origin.kind`. In `channel`, `slack-ping` and `voice-call` a person may speak. */
const NOT_HUMAN: ReadonlySet<Json | undefined> = new Set([
  'task-notification',
  'teammate',
  'coordinator',
  'auto-continuation',
  'peer',
  'observer',
  'observer-activity',
  'plugin',
]);

/**
 * Beginnings of user messages that Claude Code itself writes. A command that only changes settings begins with its
 * name; one that is sent to the model begins with `<command-message>` and is the user's.
 */
const WRITTEN_BY_TOOL =
  /^\s*(?:<(?:command-name|local-command-(?:stdout|stderr|caveat)|task-notification|teammate-message|system-reminder|user-memory-input)\b|\[Request interrupted by user[^\]]*\]$)/;

function isWrittenByTool(block: Json): boolean {
  const text = isObject(block) ? block['text'] : block;
  return typeof text === 'string' && WRITTEN_BY_TOOL.test(text);
}

/** A message of the user; none when it is empty. A command is shown as it was typed. */
function userMessage(content: Json | undefined, kind: MessageKind | undefined): readonly Entry[] {
  if (!hasContent(content)) return NONE;
  const typed = kind === undefined && typeof content === 'string' ? commandOf(content) : undefined;
  return [messageEntry('user', typed ?? content, kind)];
}

/** `/review the diff`, of `<command-message>review</command-message>…`. */
function commandOf(text: string): string | undefined {
  if (!text.trimStart().startsWith('<command-message>')) return undefined;
  const name = tagged(text, 'command-name');
  return name === undefined ? undefined : `${name} ${tagged(text, 'command-args') ?? ''}`.trim();
}

function tagged(text: string, tag: string): string | undefined {
  const start = text.indexOf(`<${tag}>`);
  const end = text.lastIndexOf(`</${tag}>`);
  return start === -1 || end < start ? undefined : text.slice(start + tag.length + 2, end).trim();
}

/** A prompt that was typed while the model worked, at the place where the model saw it. */
function readAttachment(attachment: JsonObject): RecordEntries {
  const { type, prompt, commandMode: mode } = attachment;
  if (type !== 'queued_command') return NOTHING;
  return { entries: queuedPrompt(prompt, isUntyped(attachment) ? 'meta' : mode), faults: NONE };
}

/** @param mode anything but `prompt` is a message of the tool itself, such as `task-notification` */
export function queuedPrompt(prompt: Json | undefined, mode: Json = 'prompt'): readonly Entry[] {
  const isTool =
    mode !== 'prompt' || (Array.isArray(prompt) ? prompt : [prompt ?? null]).every(isWrittenByTool);
  return userMessage(prompt, isTool ? 'meta' : undefined);
}

function readAssistantRecord({ id: response, content }: JsonObject): RecordEntries {
  const blocks = Array.isArray(content) ? listOf(content) : contentBlocks(content);
  const entries: Entry[] = [];
  const faults: string[] = [];
  let part = newPart();
  for (const block of blocks) {
    const { type, id, name, input, thinking, text } = objectOf(block);
    if (isResult(block)) {
      // A server-side tool ran during the response; the text after it already uses its result.
      addPart();
      addResult(block, entries, faults);
      entries.push({ kind: 'end' });
    } else if (type === 'thinking') {
      const thought = textOf(thinking) ?? textOf(text);
      if (thought !== undefined) part.reasoning.push(thought);
    } else if (type === 'tool_use' || type === 'server_tool_use' || type === 'mcp_tool_use') {
      const tool = textOf(name);
      if (tool === undefined) faults.push('tool calls without a name');
      else part.calls.push({ id: idOf(id), name: tool, arguments: argumentsText(input) });
    } else part.content.push(block);
  }
  addPart();
  return { entries: trimmed(entries), faults: trimmed(faults) };

  function addPart(): void {
    const { content: blocks, reasoning, calls } = part;
    if (blocks.length + reasoning.length + calls.length === 0) return;
    part = newPart();
    const added = {
      response: textOf(response),
      content: contentBlocks(blocks),
      reasoning: trimmed(reasoning),
      calls: trimmed(calls),
    };
    entries.push({ kind: 'assistant', part: added });
  }
}

interface Part {
  readonly content: Json[];
  readonly reasoning: string[];
  readonly calls: CallPart[];
}

function newPart(): Part {
  return { content: [], reasoning: [], calls: [] };
}

/** `tool_result`, or `web_search_tool_result` and the like of server-side tools. */
function isResult(block: Json): block is JsonObject {
  const { type } = objectOf(block);
  return typeof type === 'string' && type.endsWith('tool_result');
}

function addResult(block: JsonObject, entries: Entry[], faults: string[]): void {
  const callId = idOf(block['tool_use_id']);
  if (callId === undefined) faults.push('tool results without a call id');
  else {
    const { type } = objectOf(block['content']);
    const isError = block['is_error'] === true || (typeof type === 'string' && type.endsWith('_error'));
    entries.push(resultEntry(callId, block['content'], isError));
  }
}
