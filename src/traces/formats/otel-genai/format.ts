import { compact, distinctTexts, filled, firstText, jsonText, objectOf, sumOf } from '../../fields.js';
import type { Json, JsonObject } from '../../../core/json.js';
import {
  recordsOf,
  type ParsedTraces,
  type RolloutFormat,
  type Trace,
  type TraceFile,
} from '../../format.js';
import { extensionOf } from '../../paths.js';
import { groupBy } from '../../sessions.js';
import { createSkips, type Skips } from '../../skips.js';
import { timeSpan } from '../../timestamps.js';
import { conversationOf } from './conversation.js';
import { callIdOf, modelOf, toolsOf, usageOf } from './exchange.js';
import { firstOf } from './attributes.js';
import { agentsOf, type Agent } from './agents.js';
import { byTime, hasSpans, spansIn, type Span } from './spans.js';

/**
 * Spans of model calls: OpenTelemetry's conventions for generative AI, those of OpenInference, OpenLLMetry and the
 * AI SDK, and the exports of Langfuse, Phoenix and LangSmith. A trace is a row, and so is each agent that another
 * one started.
 */
export const otelGenAi: RolloutFormat = {
  name: 'otel_genai',
  filePattern: '*.json, *.jsonl',
  defaultFolders: () => [],
  owns: (path) => ['.json', '.jsonl', '.ndjson'].includes(extensionOf(path)),
  recognises: (content) => recordsOf(content).slice(0, 20).some(hasSpans),
  parse,
};

function parse({ content }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const spans = distinctSpans(recordsOf(content), skips);
  const traces = [...byConversation(spans)].flatMap(([id, group]) => tracesOf(id, group, skips));
  return { traces, skipped: skips.findings() };
}

/** Every span once, in the order of time. */
function distinctSpans(records: readonly JsonObject[], skips: Skips): readonly Span[] {
  const byId = new Map<string, Span>();
  for (const record of records) {
    const { spans, others } = spansIn(record);
    for (let count = 0; count < others; count += 1) skips.add('records that are no spans');
    for (const span of spans) {
      const key = `${span.traceId}:${span.id}`;
      const before = byId.get(key);
      // Log records have the messages of a span, or a part of them.
      const isEvents = before?.name === '' || span.name === '';
      if (before && !isEvents) skips.add('spans that were there before');
      const whole = span.name === '' ? (before ?? span) : span;
      byId.set(key, before && isEvents ? { ...whole, ...together(before, span) } : span);
    }
  }
  return [...byId.values()].toSorted(byTime);
}

function together(a: Span, b: Span): Pick<Span, 'events' | 'kind'> {
  return {
    events: [...a.events, ...b.events],
    kind: a.name === '' && b.name !== '' ? kindOf(b, a) : kindOf(a, b),
  };
}

function kindOf(named: Span, other: Span): Span['kind'] {
  return named.kind === 'other' ? other.kind : named.kind;
}

/** By `gen_ai.conversation.id`, which the spans around a call may lack, or by trace. */
function byConversation(spans: readonly Span[]): ReadonlyMap<string, readonly Span[]> {
  const ids = new Map<string, string>();
  for (const { traceId, attributes } of spans) {
    const id = firstText([attributes('gen_ai.conversation.id')]);
    if (id !== undefined && !ids.has(traceId)) ids.set(traceId, id);
  }
  return groupBy(spans, ({ traceId }) => ids.get(traceId) ?? traceId);
}

function tracesOf(id: string, spans: readonly Span[], skips: Skips): readonly Trace[] {
  const agents = agentsOf(spans);
  const root = spans.find(({ parentId }) => parentId === undefined) ?? spans[0];
  const session = root && sessionOf(root, spans);
  return agents.map((agent): Trace => {
    const conversation = conversationOf(agent, skips);
    const own = agent.spans;
    const span = timeSpan(own.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]));
    const models = own.filter(({ kind }) => kind === 'model');
    const tools = models.map(toolsOf).findLast((list) => list.length > 0) ?? [];
    const { main } = agent;
    return {
      traceId: main ? id : `${id}:${agent.id}`,
      rootSessionId: session ?? id,
      agentId: main ? undefined : agent.id,
      isSidechain: !main,
      startedAt: span.earliest,
      endedAt: span.latest,
      messages: conversation.messages,
      meta: compact({
        record_count: own.length,
        agent_name: agent.name,
        trace_ids: main && own.some(({ traceId }) => traceId !== id) ? traceIds(own) : undefined,
        models_used: filled(distinctTexts(models.map(modelOf))),
        token_usage: usageAmong(agent.calls),
        abandoned_messages: conversation.replaced || undefined,
        available_tool_names: filled(distinctTexts(tools.map(toolName))),
        tools: filled(tools) && jsonText(tools),
        sub_agents: main ? filled(agents.filter((one) => !one.main).map(subAgent)) : undefined,
        parent_tool_call_id: agent.startedBy && callIdOf(agent.startedBy),
        tags: main ? (filled(root?.record['tags'] ?? null) ?? undefined) : undefined,
      }),
    };
  });
}

function traceIds(spans: readonly Span[]): readonly string[] {
  return distinctTexts(spans.map(({ traceId }) => traceId));
}

function subAgent({ id, startedBy }: Agent): JsonObject {
  return compact({ tool_call_id: startedBy && callIdOf(startedBy), agent_id: id });
}

function toolName(tool: Json): Json | undefined {
  const { function: fn, name, toolSpec } = objectOf(tool);
  return objectOf(fn)['name'] ?? name ?? objectOf(toolSpec)['name'];
}

/** Several traces of a chat: Phoenix, Langfuse and LangSmith call that a session or a thread. */
function sessionOf(root: Span, spans: readonly Span[]): string | undefined {
  const named = ['session.id', 'langfuse.session.id', 'ai.telemetry.metadata.sessionId'];
  const metadata = objectOf(objectOf(root.record['extra'])['metadata']);
  return firstText([
    ...spans.map(({ attributes }) => firstOf(attributes, named)),
    root.record['sessionId'],
    root.record['run_type'] === undefined ? undefined : metadata['thread_id'],
    root.record['run_type'] === undefined ? undefined : metadata['session_id'],
  ]);
}

function usageAmong(calls: readonly Span[]): JsonObject | undefined {
  const usages = calls.map(usageOf);
  const keys = ['input_tokens', 'cached_input_tokens', 'output_tokens'];
  const known = keys.filter((key) => usages.some((usage) => usage[key] !== undefined));
  return filled(Object.fromEntries(known.map((key) => [key, sumOf(usages, key)])));
}
