import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { isSynthetic, recordToEntries, type RecordEntries } from './record-to-entries.js';
import { idOf, listOf, objectOf, textOf } from '../../fields.js';

/**
 * The part of a record that is kept: its entries for the transcript and the facts for the row. It is made as soon as
 * the record has been parsed, so that the rest of the record can be freed.
 */
export interface Step extends RecordEntries {
  readonly uuid: string | undefined;
  /** The nearest message above it; without one, the topmost record above it. */
  readonly parent: Step | undefined;
  readonly role: 'prompt' | 'response' | 'result' | 'other';
  /** Id of the model's response, which may have several records. */
  readonly response: string | undefined;
  /** Only for messages. */
  readonly agentId: string | undefined;
  readonly type: string;
  readonly timestamp: string | undefined;
  readonly context: Context;
  readonly model: Json | undefined;
  readonly usage: JsonObject | undefined;
}

/** Facts that rarely change between records; records with the same facts share one object. */
export interface Context {
  readonly cwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly version: string | undefined;
}

/** The same step without its part of the conversation. */
export function silent(step: Step): Step {
  return { ...step, entries: [], faults: [] };
}

export const NO_CONTEXT: Context = { cwd: undefined, gitBranch: undefined, version: undefined };

/** @param last the context of the record before */
export function stepOf(record: JsonObject, parent: Step | undefined, last: Context): Step {
  const message = objectOf(record['message']);
  const { entries, faults } = recordToEntries(record);
  return {
    uuid: idOf(record['uuid']),
    parent,
    role: roleOf(record, message, entries),
    response: idOf(message['id']),
    agentId: isMessage(record) ? textOf(record['agentId']) : undefined,
    type: textOf(record['type']) ?? 'unknown',
    timestamp: textOf(record['timestamp']),
    context: contextOf(record, last),
    model: isSynthetic(record, message) ? undefined : message['model'],
    usage: isObject(message['usage']) ? usageOf(message['usage']) : undefined,
    entries,
    faults,
  };
}

function isMessage({ type }: JsonObject): boolean {
  return type === 'user' || type === 'assistant';
}

function contextOf(record: JsonObject, last: Context): Context {
  const cwd = textOf(record['cwd']);
  const gitBranch = textOf(record['gitBranch']);
  const version = textOf(record['version'] ?? record['claude_code_version']);
  // Logs of `--output-format stream-json` say it once, at their beginning.
  if ((cwd ?? gitBranch ?? version) === undefined) return last;
  const isSame = cwd === last.cwd && gitBranch === last.gitBranch && version === last.version;
  return isSame ? last : { cwd, gitBranch, version };
}

function roleOf(
  { type }: JsonObject,
  { content }: JsonObject,
  entries: RecordEntries['entries'],
): Step['role'] {
  if (type === 'assistant') return 'response';
  if (type !== 'user') return 'other';
  if (listOf(content).some(isToolResult)) return 'result';
  // Messages of the tool itself are never alternatives to each other.
  return entries.some((entry) => entry.kind === 'message' && entry.message.kind !== undefined)
    ? 'result'
    : 'prompt';
}

function isToolResult(block: Json): boolean {
  return objectOf(block)['type'] === 'tool_result';
}

/** The counts that are summed. */
function usageOf(usage: JsonObject): JsonObject {
  return {
    input_tokens: usage['input_tokens'] ?? 0,
    output_tokens: usage['output_tokens'] ?? 0,
    cache_creation_input_tokens: usage['cache_creation_input_tokens'] ?? 0,
    cache_read_input_tokens: usage['cache_read_input_tokens'] ?? 0,
  };
}
