import { join } from 'node:path';
import { isObject, type JsonObject } from '../../../core/json.js';
import { readConversation } from './conversation.js';
import { baseOf, inheritedBy, missingAbove, withHistory } from './history.js';
import { withItems } from './items.js';
import { looksLikeCodex, openEnvelope } from './lines.js';
import { withoutRolledBack } from './turns.js';
import { compact, distinctTexts, filled, idOf, objectOf, textOf } from '../../fields.js';
import type { ParsedTraces, RolloutFormat, Trace, TraceContent, TraceFile } from '../../format.js';
import { extensionOf, nameOf, unpackedPath } from '../../paths.js';
import { createSkips, type Skips } from '../../skips.js';
import { timeOf, timeSpan } from '../../timestamps.js';
import { createFieldSkipper } from '../../reading/skip-fields.js';

const USED_EVENTS = [
  'agent_reasoning',
  'token_count',
  'thread_rolled_back',
  'turn_aborted',
  'item_completed',
];

/**
 * Codex: one rollout file per thread. Every line is an envelope `{timestamp, type, payload}`; the conversation is in
 * the `response_item`s, and most `event_msg`s repeat it for display. The oldest versions have items without
 * envelopes.
 */
export const codex: RolloutFormat = {
  name: 'codex',
  filePattern: '*.jsonl, *.jsonl.zst',
  defaultFolders: ({ env, homeDir }) => {
    const home = env['CODEX_HOME'] || join(homeDir, '.codex');
    // `codex archive` moves sessions to the second.
    return [join(home, 'sessions'), join(home, 'archived_sessions')];
  },
  // Sessions that are idle for a week are compressed.
  owns: (path) => extensionOf(unpackedPath(path)) === '.jsonl' && nameOf(path).startsWith('rollout-'),
  skipFields: createFieldSkipper([
    { before: ',"type":"world_state","payload":', depth: 1 },
    { before: ',"type":"event_msg","payload":', depth: 1, unless: USED_EVENTS },
    { before: ',"replacement_history":', depth: 2 },
    { before: ',"encrypted_content":', depth: 2 },
  ]),
  recognises,
  complete: withHistory,
  parse,
};

function recognises(content: TraceContent): boolean {
  return content.kind === 'lines' && looksLikeCodex(content.records);
}

function parse(file: TraceFile): ParsedTraces {
  if (file.content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const trace = parseThread(file.content.records, file.stem, skips);
  return { traces: [trace], skipped: skips.findings() };
}

function parseThread(records: readonly JsonObject[], stem: string, skips: Skips): Trace {
  const lines = withItems(records.map(openEnvelope));
  const of = (type: string): readonly JsonObject[] =>
    lines.filter((line) => line.type === type).map(({ payload }) => payload);
  const meta = ownMeta(of('session_meta'), stem);
  const id = idOf(meta['id']) ?? stem;
  const { subagent } = objectOf(meta['source']);
  const spawn = objectOf(objectOf(subagent)['thread_spawn']);
  const turns = withoutRolledBack(lines);
  const conversation = readConversation(turns.lines, skips);

  const startText = textOf(meta['timestamp']);
  const span = timeSpan([...lines.map(({ timestamp }) => timestamp), startText]);
  const cwd = textOf(meta['cwd']);
  return {
    traceId: id,
    rootSessionId: idOf(meta['session_id']) ?? id,
    isSidechain: subagent !== undefined,
    cwd,
    projectPath: cwd,
    gitBranch: textOf(objectOf(meta['git'])['branch']) ?? textOf(meta['git_branch']),
    startedAt: timeOf(startText) ?? span.earliest,
    endedAt: span.latest,
    messages: conversation.messages,
    meta: compact({
      record_count: records.length - inheritedBy(meta),
      record_types: distinctTexts(records.map(({ type }) => textOf(type) ?? 'unknown')).toSorted(),
      response_item_types: distinctTexts(
        of('response_item').map(({ type }) => textOf(type) ?? 'unknown'),
      ).toSorted(),
      originator: textOf(meta['originator']),
      cli_version: textOf(meta['cli_version']),
      model_provider: textOf(meta['model_provider']),
      source: textOf(meta['source']),
      parent_thread_id: textOf(meta['parent_thread_id'] ?? spawn['parent_thread_id']),
      forked_from_id: textOf(meta['forked_from_id']) ?? baseOf(meta)?.threadId,
      inherited_records: inheritedBy(meta) || undefined,
      missing_history: missingAbove(meta),
      models_used: filled(distinctTexts(of('turn_context').map(({ model }) => model))),
      token_usage: tokenUsage(of('event_msg')),
      abandoned_messages: turns.abandoned || undefined,
      aborted_turns: of('event_msg').filter(({ type }) => type === 'turn_aborted').length || undefined,
      unattached_reasoning: filled(conversation.unattachedReasoning),
    }),
  };
}

/**
 * A forked thread begins with its own `session_meta` and repeats that of its parent: the one in the file's name is
 * used, otherwise the first.
 */
function ownMeta(metas: readonly JsonObject[], stem: string): JsonObject {
  const named = metas.find(({ id }) => typeof id === 'string' && id !== '' && stem.endsWith(id));
  return named ?? metas[0] ?? {};
}

/** The last running total of the thread. */
function tokenUsage(events: readonly JsonObject[]): JsonObject | undefined {
  return events
    .filter(({ type }) => type === 'token_count')
    .map(({ info }) => objectOf(info)['total_token_usage'])
    .findLast(isObject);
}
