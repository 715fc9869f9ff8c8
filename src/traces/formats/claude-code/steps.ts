import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { isSynthetic, readRecord, type Said } from './record-to-entries.js';
import { idOf, listOf, objectOf, textOf } from '../../fields.js';

/**
 * What is kept of a record: what it says, as messages will have it, and the facts that a row tells. It is
 * made as soon as the record has been parsed, so that all else of the record can be forgotten at once.
 */
export interface Step extends Said {
  readonly uuid: string | undefined;
  /** The nearest message above it; where there is none, the topmost record above it. */
  readonly parent: Step | undefined;
  readonly role: 'prompt' | 'response' | 'result' | 'other';
  /** Names the model's response, which may have several records. */
  readonly response: string | undefined;
  /** Only of messages. */
  readonly agentId: string | undefined;
  readonly type: string;
  readonly timestamp: string | undefined;
  readonly scene: Scene;
  readonly model: Json | undefined;
  readonly usage: JsonObject | undefined;
}

/** What seldom changes from one record to the next: records with the same scene share it. */
export interface Scene {
  readonly cwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly version: string | undefined;
}

export const NO_SCENE: Scene = { cwd: undefined, gitBranch: undefined, version: undefined };

/** @param last the scene of the record before */
export function stepOf(record: JsonObject, parent: Step | undefined, last: Scene): Step {
  const message = objectOf(record['message']);
  const { entries, faults } = readRecord(record);
  return {
    uuid: idOf(record['uuid']),
    parent,
    role: roleOf(record, message),
    response: idOf(message['id']),
    agentId: isMessage(record) ? textOf(record['agentId']) : undefined,
    type: textOf(record['type']) ?? 'unknown',
    timestamp: textOf(record['timestamp']),
    scene: sceneOf(record, last),
    model: isSynthetic(record, message) ? undefined : message['model'],
    usage: isObject(message['usage']) ? usageOf(message['usage']) : undefined,
    entries,
    faults,
  };
}

function isMessage({ type }: JsonObject): boolean {
  return type === 'user' || type === 'assistant';
}

function sceneOf(record: JsonObject, last: Scene): Scene {
  const cwd = textOf(record['cwd']);
  const gitBranch = textOf(record['gitBranch']);
  const version = textOf(record['version']);
  const isSame = cwd === last.cwd && gitBranch === last.gitBranch && version === last.version;
  return isSame ? last : { cwd, gitBranch, version };
}

function roleOf({ type, isMeta, isCompactSummary }: JsonObject, { content }: JsonObject): Step['role'] {
  if (type === 'assistant') return 'response';
  if (type !== 'user') return 'other';
  if (listOf(content).some(isToolResult)) return 'result';
  // Meta records are put in by the tool beside the messages; nobody chose between them.
  return isMeta === true || isCompactSummary === true ? 'result' : 'prompt';
}

function isToolResult(block: Json): boolean {
  return objectOf(block)['type'] === 'tool_result';
}

/** The counts that are summed up. */
function usageOf(usage: JsonObject): JsonObject {
  return {
    input_tokens: usage['input_tokens'] ?? 0,
    output_tokens: usage['output_tokens'] ?? 0,
    cache_creation_input_tokens: usage['cache_creation_input_tokens'] ?? 0,
    cache_read_input_tokens: usage['cache_read_input_tokens'] ?? 0,
  };
}
