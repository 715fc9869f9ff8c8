import { join } from 'node:path';
import type { Json, JsonObject } from '../../../core/json.js';
import { addBlocks } from '../../anthropic-blocks.js';
import { compact, objectOf, textOf } from '../../fields.js';
import type { ParsedTraces, RolloutFormat, Surroundings, TraceContent, TraceFile } from '../../format.js';
import { extensionOf } from '../../paths.js';
import { createSkips } from '../../skips.js';
import { createTranscript } from '../../transcript.js';
import { isCursorEvent, parseLog } from './log.js';

/**
 * Cursor: one JSONL transcript per conversation in `agent-transcripts`; those of sub-agents are in a folder of the
 * conversation. Transcripts have no results, no ids of calls and no times; logs of the command line have all of them.
 */
export const cursor: RolloutFormat = {
  name: 'cursor',
  filePattern: '*.jsonl',
  defaultFolders: ({ homeDir }) => [join(homeDir, '.cursor', 'projects')],
  owns: (path) => extensionOf(path) === '.jsonl',
  recognises: (content) =>
    content.kind === 'lines' &&
    content.records.slice(0, 20).some((record) => isMessage(record) || isCursorEvent(record)),
  complete: withParent,
  parse,
};

function isMessage({ role, message, type, uuid, sessionId }: JsonObject): boolean {
  return (
    (role === 'user' || role === 'assistant') &&
    [type, uuid, sessionId].every((mark) => mark === undefined) &&
    objectOf(message)['content'] !== undefined
  );
}

const PARENT = '$parent';

async function withParent(content: TraceContent, { path }: Surroundings): Promise<TraceContent> {
  const parent = /\/([^/]+)\/subagents\/[^/]+$/.exec(path)?.[1];
  if (parent === undefined || content.kind !== 'lines') return content;
  return { ...content, records: [...content.records, { [PARENT]: parent }] };
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  if (!content.records.slice(0, 20).some(isMessage)) return parseLog(content.records, stem);
  const skips = createSkips();
  const transcript = createTranscript();
  let parent: string | undefined;
  for (const record of content.records) {
    const { role, message } = record;
    if (typeof record[PARENT] === 'string') parent = record[PARENT];
    else if (role === 'user' || role === 'assistant') {
      addBlocks(transcript, role, cleaned(objectOf(message)['content'], role), { skips });
    } else if (record['type'] === 'turn_ended') {
      // Of a failed turn it has the reason.
      if (record['status'] === 'error') transcript.addMessage('system', textOf(record['error']), 'error');
    } else if (record['type'] === undefined) skips.add('records of an unknown kind');
  }
  const trace = {
    traceId: parent === undefined ? stem : `${parent}:${stem}`,
    rootSessionId: parent ?? stem,
    agentId: parent === undefined ? undefined : stem,
    isSidechain: parent !== undefined,
    messages: transcript.messages(),
    meta: compact({ record_count: content.records.length - (parent === undefined ? 0 : 1) }),
  };
  return { traces: [trace], skipped: skips.findings() };
}

function cleaned(content: Json | undefined, role: 'user' | 'assistant'): Json | undefined {
  const clean = role === 'user' ? typed : withoutThought;
  if (typeof content === 'string') return clean(content);
  if (!Array.isArray(content)) return content;
  return content.flatMap((block) => {
    const { type, text } = objectOf(block);
    if (type !== 'text' || typeof text !== 'string') return [block];
    const rest = clean(text);
    return rest === '' ? [] : [{ ...objectOf(block), text: rest }];
  });
}

/** What the user typed is in `<user_query>`. */
function typed(text: string): string {
  return text.includes('<user_query>') ? text.replaceAll(/<\/?user_query>\n?/g, '').trim() : text;
}

/** Cursor writes thoughts behind the text; of an encrypted one it writes a word. */
function withoutThought(text: string): string {
  return text.replace(/(?:^|\n\n)\[REDACTED\](?:\n\[REDACTED\])*$/, '');
}
