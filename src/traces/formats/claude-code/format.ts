import { join } from 'node:path';
import type { Json, JsonObject } from '../../../core/json.js';
import { createSessionReader } from './session.js';
import { isCursorEvent } from '../cursor/log.js';
import { idOf, objectOf, objectsOf } from '../../fields.js';
import type { ParsedTraces, RolloutFormat, TraceContent, TraceFile } from '../../format.js';
import { extensionOf, nameOf } from '../../paths.js';
import { createFieldSkipper } from '../../reading/skip-fields.js';

/**
 * Claude Code: one JSONL file per session, with a record for every block of a response, every tool result and much
 * bookkeeping. Sub-agents have their own files or, in older versions, are in the file of the session that started
 * them.
 */
export const claudeCode: RolloutFormat = {
  name: 'claude_code',
  filePattern: '*.jsonl',
  defaultFolders: ({ env, homeDir }) => [
    join(env['CLAUDE_CONFIG_DIR'] || join(homeDir, '.claude'), 'projects'),
  ],
  owns: (path) =>
    extensionOf(path) === '.jsonl' &&
    nameOf(path) !== 'history.jsonl' &&
    !isCopy(path) &&
    !path.split('/').includes('tool-results'),
  isPart: isCopy,
  skipFields: createFieldSkipper([
    // Repeats the result of the tool; needed only of a sub-agent, for its id.
    { before: ',"toolUseResult":', depth: 1, unless: ['agentId'] },
    { before: ',"type":"progress","data":', depth: 1 },
    { before: ',"snapshot":', depth: 1 },
    { before: ',"attachment":', depth: 1, unless: ['queued_command'] },
  ]),
  recognises,
  index: { fileName: 'sessions-index.json', entries: indexEntries },
  readRecords: createSessionReader,
  parse,
};

const RECORD_TYPES: ReadonlySet<Json | undefined> = new Set([
  'user',
  'assistant',
  'system',
  'summary',
  'progress',
  'attachment',
  'file-history-snapshot',
  'queue-operation',
]);

/** Newer versions keep the rows that they need to resume a long session in its folder as well. */
function isCopy(path: string): boolean {
  return nameOf(path) === 'resume-head.jsonl';
}

/** Others write records with the same keys: messages of Qwen Code have `parts`, and sessions of Amp are named `T-…`. */
function recognises(content: TraceContent): boolean {
  if (content.kind !== 'lines') return false;
  const head = content.records.slice(0, 20);
  return (
    head.some(isRecord) && !head.some((record) => isQwen(record) || isAmp(record) || isCursorEvent(record))
  );
}

function isQwen({ message }: JsonObject): boolean {
  return Array.isArray(objectOf(message)['parts']);
}

function isAmp({ session_id: id }: JsonObject): boolean {
  return typeof id === 'string' && id.startsWith('T-');
}

function isRecord({ type, message, sessionId, uuid, leafUuid, snapshot }: JsonObject): boolean {
  return (
    RECORD_TYPES.has(type) &&
    [message, sessionId, uuid, leafUuid, snapshot].some((mark) => mark !== undefined)
  );
}

function* indexEntries(document: Json): Iterable<readonly [string, JsonObject]> {
  for (const entry of objectsOf(objectOf(document)['entries'])) {
    const id = idOf(entry['sessionId']);
    if (id !== undefined) yield [id, entry];
  }
}

function parse(file: TraceFile): ParsedTraces {
  if (file.content.kind !== 'lines') return { traces: [], skipped: [] };
  const session = createSessionReader();
  for (const record of file.content.records) session.add(record);
  return session.traces(file);
}
