import { join } from 'node:path';
import type { ParsedTraces, RolloutFormat, Surroundings, TraceContent, TraceFile } from '../../format.js';
import { createSkips } from '../../skips.js';
import { isContextRecord, isWireRecord, parseContext, withSession } from './cli.js';
import { isJournalRecord, parseJournal, withState } from './code.js';

/**
 * Kimi, of Moonshot AI: two programs with two layouts. Kimi CLI keeps what the model sees, `context.jsonl`, and what
 * the screen shows, `wire.jsonl`. Kimi Code keeps one journal per agent, `agents/<id>/wire.jsonl`.
 */
export const kimi: RolloutFormat = {
  name: 'kimi_cli',
  filePattern: '*.jsonl',
  defaultFolders: ({ env, homeDir }) => [
    join(env['KIMI_SHARE_DIR'] || join(homeDir, '.kimi'), 'sessions'),
    join(env['KIMI_CODE_HOME'] || join(homeDir, '.kimi-code'), 'sessions'),
  ],
  owns: (path) => OWN.test(path),
  isPart: (path) => PART.test(path),
  recognises,
  complete,
  parse,
};

/** Contexts, those of the first versions and of their sub-agents included, and journals. */
const OWN =
  /(?:^|\/)(?:context(?:_sub(?:_\d+)?)?\.jsonl|agents\/[^/]+\/wire\.jsonl)$|^[^/]+\/[\da-f]{8}-[\da-f-]{27}\.jsonl$/;

/** What is read with a context: earlier contexts, and the log of the screen in folders named after sessions or agents. */
const PART =
  /(?:^|\/)(?:context_\d+\.jsonl|(?:[\da-f]{8}-[\da-f-]{27}|subagents\/[^/]+)\/(?:wire\.jsonl|state\.json|meta\.json)|session_[^/]+\/state\.json)$/;

function recognises(content: TraceContent): boolean {
  if (content.kind !== 'lines') return false;
  const head = content.records.slice(0, 20);
  return head.some((record) => isContextRecord(record) || isJournalRecord(record) || isWireRecord(record));
}

function isJournal({
  records,
}: {
  readonly records: readonly Parameters<typeof isJournalRecord>[0][];
}): boolean {
  return records.slice(0, 20).some(isJournalRecord);
}

async function complete(content: TraceContent, around: Surroundings): Promise<TraceContent> {
  if (content.kind !== 'lines') return content;
  return isJournal(content) ? withState(content, around) : withSession(content, around);
}

function parse(file: TraceFile): ParsedTraces {
  if (file.content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const { records } = file.content;
  const trace = isJournal(file.content)
    ? parseJournal(records, file, skips)
    : parseContext(records, file, skips);
  return { traces: [trace], skipped: skips.findings() };
}
