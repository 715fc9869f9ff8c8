import type { SeedRow } from '../types.js';
import type { Trace } from './format.js';
import type { Message } from './message.js';
import { irregularities } from './pairing.js';

/** Where a trace was found, and how many lines and records of its file could not be used. */
export interface Origin {
  readonly sourceKind: string;
  readonly sourcePath: string;
  readonly skippedLines: number;
  readonly skippedRecords: number;
}

/** The row of a trace: the columns in their order, with those that are derived from the messages. */
export function rowOf(
  trace: Trace,
  { sourceKind, sourcePath, skippedLines, skippedRecords }: Origin,
): SeedRow {
  return {
    trace_id: trace.traceId,
    source_kind: sourceKind,
    source_path: sourcePath,
    root_session_id: trace.rootSessionId,
    agent_id: trace.agentId ?? null,
    is_sidechain: trace.isSidechain ?? false,
    cwd: trace.cwd ?? null,
    project_path: trace.projectPath ?? null,
    git_branch: trace.gitBranch ?? null,
    started_at: trace.startedAt ?? null,
    ended_at: trace.endedAt ?? null,
    messages: trace.messages,
    source_meta: {
      ...trace.meta,
      ...irregularities(trace.messages),
      ...(skippedLines > 0 && { skipped_lines: skippedLines }),
      ...(skippedRecords > 0 && { skipped_records: skippedRecords }),
    },
    message_count: trace.messages.length,
    tool_call_count: trace.messages.reduce((count, message) => count + (message.tool_calls?.length ?? 0), 0),
    final_assistant_message: finalAssistantMessage(trace.messages),
  };
}

/** The text of the last message in which the assistant says something; calls and thoughts are passed over. */
function finalAssistantMessage(messages: readonly Message[]): string | null {
  const last = messages.findLast((message) => assistantText(message) !== '');
  return last ? assistantText(last) : null;
}

function assistantText({ role, kind, content }: Message): string {
  if (role !== 'assistant' || kind !== undefined) return '';
  return content
    .map(({ text }) => text)
    .filter((text) => text !== undefined && text !== '')
    .join('\n\n');
}
