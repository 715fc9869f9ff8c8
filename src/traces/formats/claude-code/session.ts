import type { Json, JsonObject } from '../../../core/json.js';
import { activeSteps } from './branches.js';
import { createConversation, type Conversation } from './conversation.js';
import type { Step } from './steps.js';
import { callOf, createSubAgents, type SubAgents } from './sub-agents.js';
import { createThreads, type Thread } from './threads.js';
import { compact, distinctTexts, filled, idOf, objectOf, textOf } from '../../fields.js';
import type { RecordReader, Trace } from '../../format.js';
import { createSkips, type Skips } from '../../skips.js';
import { timeSpan } from '../../timestamps.js';

/** Makes traces from the records of a session file. */
export function createSessionReader(): RecordReader {
  const sessionIds = createSessionIds();
  let forkedFrom: string | undefined;
  const subAgents = createSubAgents();
  const threads = createThreads();
  return {
    add(record) {
      sessionIds.add(record);
      if (record['forkedFrom'] !== undefined)
        forkedFrom ??= idOf(objectOf(record['forkedFrom'])['sessionId']);
      subAgents.add(record);
      threads.add(record);
    },
    traces({ stem, index }) {
      const skips = createSkips();
      const sessionId = sessionIds.of(stem);
      const session = { sessionId, entry: objectOf(index.get(sessionId)), subAgents, forkedFrom };
      const traces = threads.all().map((thread) => traceOf(thread, session, skips));
      return { traces, skipped: skips.findings() };
    },
  };
}

/** A resumed file starts with copied records of another session; its file name decides which id is its own. */
function createSessionIds() {
  const ids = new Set<Json | undefined>();
  let first: string | undefined;
  let last: Json | undefined;
  return {
    add({ session_id: logged, sessionId = logged }: JsonObject): void {
      if (sessionId === last) return;
      ids.add(sessionId);
      first ??= textOf(sessionId);
      last = sessionId;
    },
    of: (stem: string): string => (ids.has(stem) ? stem : (first ?? stem)),
  };
}

interface Session {
  readonly sessionId: string;
  /** Its entry in the session index. */
  readonly entry: JsonObject;
  readonly subAgents: SubAgents;
  readonly forkedFrom: string | undefined;
}

function traceOf(thread: Thread, { sessionId, entry, subAgents, forkedFrom }: Session, skips: Skips): Trace {
  const { steps, abandoned } = activeSteps(thread.steps);
  const conversation = steps === thread.steps ? thread.conversation : conversationOf(steps);
  const { agentId, cwd, gitBranch, versions, models, tokenUsage, faults } = conversation.facts();
  for (const fault of faults) skips.add(fault);
  const part = agentId ?? thread.name;
  const span = timeSpan(steps.map(({ timestamp }) => timestamp));
  return {
    traceId: part === undefined ? sessionId : `${sessionId}:${part}`,
    rootSessionId: sessionId,
    agentId,
    isSidechain: thread.isSidechain,
    cwd,
    projectPath: textOf(entry['projectPath']) ?? cwd,
    gitBranch,
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: conversation.messages(),
    meta: compact({
      record_count: thread.steps.length,
      record_types: distinctTexts(thread.steps.map(({ type }) => type)).toSorted(),
      claude_versions: filled(versions.toSorted()),
      models_used: filled(models),
      token_usage: tokenUsage,
      summary: textOf(entry['summary']),
      first_prompt: textOf(entry['firstPrompt']),
      forked_from_id: forkedFrom === sessionId ? undefined : forkedFrom,
      has_branches: abandoned > 0 || undefined,
      abandoned_messages: abandoned || undefined,
      ...(thread.isSidechain
        ? { parent_tool_call_id: thread.callId ?? callOf(subAgents, part, thread.opening) }
        : { sub_agents: filled(Array.from(subAgents.callOfAgent, subAgent)) }),
    }),
  };
}

function conversationOf(steps: readonly Step[]): Conversation {
  const conversation = createConversation();
  for (const step of steps) conversation.add(step);
  return conversation;
}

function subAgent([agentId, callId]: readonly [string, string]): JsonObject {
  return { tool_call_id: callId, agent_id: agentId };
}
