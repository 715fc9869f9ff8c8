import { join } from 'node:path';
import type { Json, JsonObject } from '../../core/json.js';
import { addBlocks } from '../anthropic-blocks.js';
import { storageFolders } from '../editor-storage.js';
import { compact, filled, distinctTexts, objectOf, objectsOf, textOf } from '../fields.js';
import type { ParsedTraces, RolloutFormat, TraceContent, TraceFile } from '../format.js';
import { nameOf } from '../paths.js';
import { createSkips } from '../skips.js';
import { millisecondsAsTime } from '../timestamps.js';
import { createTranscript } from '../transcript.js';

const HISTORY = 'api_conversation_history.json';

/**
 * Cline and Roo Code: a folder per task, named after the time it began, with the conversation as a list of messages in
 * Anthropic's layout. The list for the screen beside it repeats the conversation.
 */
export const cline: RolloutFormat = {
  name: 'cline',
  filePattern: '*.json',
  defaultFolders: (machine) => [
    ...storageFolders(machine).flatMap((folder) =>
      ['saoudrizwan.claude-dev', 'rooveterinaryinc.roo-cline'].map((name) => join(folder, name, 'tasks')),
    ),
    join(machine.homeDir, '.cline', 'data', 'tasks'),
  ],
  owns: (path) => nameOf(path) === HISTORY,
  isPart: (path) => PARTS.test(path),
  recognises: (content: TraceContent) => content.kind === 'lines' && content.records.slice(0, 1).some(isTask),
  parse,
};

const PARTS =
  /(?:^|\/)(?:ui_messages|task_metadata|context_history|focus_chain|claude_messages|history_item)\.json$/;

/** The first message has the task, and what the editor shows. */
function isTask({ role, content }: JsonObject): boolean {
  return (
    role === 'user' &&
    objectsOf(content).some(
      ({ text }) => typeof text === 'string' && /^\s*<(?:task|user_message|environment_details)>/.test(text),
    )
  );
}

function parse({ content, stem, folder }: TraceFile): ParsedTraces {
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const transcript = createTranscript();
  for (const { role, content: blocks } of content.records) {
    if (role === 'user' || role === 'assistant')
      addBlocks(transcript, role, withoutWrapper(blocks), { skips });
    else skips.add('messages with an unknown role');
  }
  const id = `${stem}.json` === HISTORY ? folder : stem;
  const times = content.records.map(({ ts }) => millisecondsAsTime(ts)).filter((time) => time !== undefined);
  const trace = {
    traceId: id,
    rootSessionId: id,
    startedAt: times[0] ?? (/^\d{13}$/.test(id) ? millisecondsAsTime(Number(id)) : undefined),
    endedAt: times.at(-1),
    messages: transcript.messages(),
    meta: compact({
      record_count: content.records.length,
      models_used: filled(
        distinctTexts(content.records.map(({ modelInfo }) => objectOf(modelInfo)['modelId'])),
      ),
    }),
  };
  return { traces: [trace], skipped: skips.findings() };
}

/** The user's words are in `<task>` or `<user_message>`. */
function withoutWrapper(content: Json | undefined): Json | undefined {
  if (!Array.isArray(content)) return content;
  return content.map((block) => {
    const { type, text } = objectOf(block);
    const typed =
      type === 'text' ? /^\s*<(task|user_message|feedback)>([^]*)<\/\1>\s*$/.exec(textOf(text) ?? '') : null;
    return typed ? { ...objectOf(block), text: (typed[2] ?? '').trim() } : block;
  });
}
