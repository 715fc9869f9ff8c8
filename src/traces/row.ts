import type { SeedRow } from '../seeds/types.js';
import type { Trace } from './format.js';
import type { Message, ToolCall } from './message.js';
import type { JsonObject } from '../core/json.js';

/** The file of a trace, and how many of its lines and records could not be used. */
export interface Origin {
  readonly sourceKind: string;
  readonly sourcePath: string;
  readonly skippedLines: number;
  readonly skippedRecords: number;
}

/** The row of a trace: all columns in their order, some derived from the messages. */
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
      ...irregularities(trace),
      ...(skippedLines > 0 && { skipped_lines: skippedLines }),
      ...(skippedRecords > 0 && { skipped_records: skippedRecords }),
    },
    message_count: trace.messages.length,
    tool_call_count: trace.messages.reduce((count, message) => count + (message.tool_calls?.length ?? 0), 0),
    final_assistant_message: trace.finish || finalAssistantMessage(trace.messages),
  };
}

/** The text of the last assistant message that has any; calls and reasoning do not count. */
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

/**
 * Irregularities of a conversation, for `source_meta`: calls without a result, results without a call, and an end
 * that is not an answer. Empty for a regular conversation.
 */
function irregularities({ messages, finish }: Trace): JsonObject {
  const { unanswered, orphans } = isRegular(messages) ? NONE : unpaired(messages);
  return {
    ...(unanswered > 0 && { unanswered_tool_calls: unanswered }),
    ...(orphans > 0 && { orphan_tool_results: orphans }),
    ...(finish === undefined && !endsWithAnswer(messages) && { ends_without_answer: true }),
  };
}

interface Unpaired {
  readonly unanswered: number;
  readonly orphans: number;
}

const NONE: Unpaired = { unanswered: 0, orphans: 0 };

/** True when the results of all calls follow directly and in order, which is nearly always so and cheap to check. */
function isRegular(messages: readonly Message[]): boolean {
  let calls: readonly ToolCall[] = [];
  let answered = 0;
  for (const message of messages) {
    if (message.role === 'tool') {
      const call = calls[answered];
      if (call === undefined || call.id !== message.tool_call_id) return false;
      answered += 1;
    } else if (answered < calls.length) return false;
    else {
      calls = message.tool_calls ?? [];
      answered = 0;
    }
  }
  return answered === calls.length;
}

function unpaired(messages: readonly Message[]): Unpaired {
  const called = new Set<string>();
  const answered = new Set<string>();
  /** Results without an earlier call; the call may still follow. */
  const early: (string | undefined)[] = [];
  for (const { role, tool_call_id: id, tool_calls: calls } of messages) {
    if (calls) for (const call of calls) called.add(call.id);
    if (role !== 'tool') continue;
    if (id !== undefined && called.has(id)) answered.add(id);
    else early.push(id);
  }
  const orphans = early.filter((id) => id === undefined || !called.has(id)).length;
  const late = new Set(early.filter((id) => id !== undefined && called.has(id) && !answered.has(id)));
  return { unanswered: called.size - answered.size - late.size, orphans };
}

/** True when the conversation ends with a text of the assistant and no call. */
function endsWithAnswer(messages: readonly Message[]): boolean {
  const last = messages.findLast(({ kind }) => kind === undefined);
  if (last?.role !== 'assistant' || last.tool_calls) return false;
  return last.content.some(({ text }) => text !== undefined && text !== '');
}
