/**
 * Spans in the layouts of their exporters: OTLP (`resourceSpans`, and `resourceLogs` for messages that are written as
 * events), the span objects of OpenTelemetry's SDKs, Phoenix and Logfire, Langfuse's observations and LangSmith's runs.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { compact, firstText, idOf, objectOf, objectsOf, textOf } from '../../fields.js';
import { millisecondsAsTime, instantOf, timeOf } from '../../timestamps.js';
import { attributesOf, firstOf, plainAttributes, plainValue, type Attributes } from './attributes.js';

export type SpanKind = 'model' | 'agent' | 'tool' | 'other';

export interface Span {
  readonly id: string;
  readonly traceId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** In milliseconds since 1970; infinite when unknown. */
  readonly at: number;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly hasFailed: boolean;
  /** The record of the exporter. */
  readonly record: JsonObject;
}

/** Spans of an unknown time come last. */
export function byTime(a: Span, b: Span): number {
  return a.at === b.at ? 0 : a.at - b.at;
}

export interface SpanEvent {
  readonly name: string;
  readonly attributes: JsonObject;
  readonly body: Json | undefined;
}

/** True for a record that only an exporter of spans writes. */
export function hasSpans(record: JsonObject): boolean {
  if (Array.isArray(record['resourceSpans'] ?? record['resource_spans'])) return true;
  if (Array.isArray(record['resourceLogs'])) return true;
  if (isSpan(record)) return true;
  return membersOf(record).slice(0, 20).some(isSpan);
}

/** The spans of a record, and how many of its entries are none. */
export function spansIn(record: JsonObject): { readonly spans: readonly Span[]; readonly others: number } {
  const entries = isSpan(record) ? withChildren(record) : [...otlpSpans(record), ...membersOf(record)];
  const spans = entries.filter(isSpan).map(spanOf);
  return { spans, others: entries.length === 0 ? 1 : entries.length - spans.length };
}

/** The lists of documents and pages of results. A trace of Langfuse is itself the root of its observations. */
function membersOf(record: JsonObject): readonly JsonObject[] {
  const { trace, observations, data, spans, runs, traces } = record;
  const hasOwn = Array.isArray(observations) && isId(record['id']);
  const root = isObject(trace) ? [trace] : hasOwn || isLangfuseTrace(record) ? [record] : [];
  return [
    ...root.map((one) => ({ ...one, [ROOT]: true })),
    ...[observations, data, spans, runs, traces].flatMap((list) => objectsOf(list)).flatMap(entriesOf),
  ];
}

/** The nesting is bounded by the reader. */
function entriesOf(entry: JsonObject): readonly JsonObject[] {
  if (isSpan(entry)) return withChildren(entry);
  const members = membersOf(entry);
  return members.length > 0 ? members : [entry];
}

/** Marks a trace of Langfuse, whose id is that of the trace. */
const ROOT = 'isTraceOfLangfuse';

function isLangfuseTrace(record: JsonObject): boolean {
  const keys = ['projectId', 'htmlPath', 'bookmarked'];
  const isTrace = isId(record['id']) && isId(record['timestamp']) && keys.some((key) => key in record);
  return isTrace && ('input' in record || 'output' in record);
}

/** LangSmith's runs may have those that they started. */
function withChildren(run: JsonObject): readonly JsonObject[] {
  return [run, ...objectsOf(run['child_runs']).flatMap(withChildren)];
}

function otlpSpans(record: JsonObject): readonly JsonObject[] {
  const spans = objectsOf(record['resourceSpans'] ?? record['resource_spans']).flatMap((group) => {
    const scopes = group['scopeSpans'] ?? group['scope_spans'] ?? group['instrumentationLibrarySpans'];
    return objectsOf(scopes).flatMap((scope) => objectsOf(scope['spans']));
  });
  const logs = objectsOf(record['resourceLogs']).flatMap((group) =>
    objectsOf(group['scopeLogs']).flatMap((scope) => objectsOf(scope['logRecords'])),
  );
  return [...spans, ...logs.map(spanOfLog)];
}

/** A log record carries an event of a span, which may be in another file. */
function spanOfLog(log: JsonObject): JsonObject {
  const { traceId, spanId, timeUnixNano, attributes, body, eventName } = log;
  const name = eventName ?? attributesOf(attributes)('event.name') ?? null;
  const event = compact({ name, attributes, body: plainValue(body) });
  return compact({ traceId, spanId, startTimeUnixNano: timeUnixNano, events: [event] });
}

const OBSERVATIONS: ReadonlySet<Json | undefined> = new Set(
  'GENERATION SPAN EVENT AGENT TOOL CHAIN RETRIEVER EVALUATOR EMBEDDING GUARDRAIL'.split(' '),
);

function isSpan(record: JsonObject): boolean {
  const { context, type, id, run_type: runType } = record;
  if (record[ROOT] === true) return true;
  if (isObject(context)) return isId(context['trace_id']) && isId(context['span_id']);
  if (isId(record['context.trace_id']) && isId(record['context.span_id'])) return true;
  if (!isId(record['traceId'] ?? record['trace_id']))
    return typeof runType === 'string' && isId(id) && ('inputs' in record || 'outputs' in record);
  if (isId(record['spanId'] ?? record['span_id'])) return true;
  return isId(id) && (OBSERVATIONS.has(type) || typeof runType === 'string');
}

function isId(value: Json | undefined): boolean {
  return typeof value === 'string' && value !== '';
}

function spanOf(record: JsonObject): Span {
  const context = objectOf(record['context']);
  const isRoot = record[ROOT] === true;
  const first = (...keys: readonly string[]): Json | undefined =>
    keys.map((key) => record[key]).find((value) => value !== undefined && value !== null);
  const attributes = attributesOf(first('attributes', 'span_attributes') ?? flatAttributes(record));
  const start = first('startTimeUnixNano', 'start_time_unix_nano', 'start_time', 'startTime', 'timestamp');
  const started = timeIn(start ?? first('start_timestamp'));
  const ended = timeIn(
    first('endTimeUnixNano', 'end_time_unix_nano', 'end_time', 'endTime', 'end_timestamp'),
  );
  const name = firstText([record['name'], record['span_name']]) ?? '';
  const traceId = hex(
    context['trace_id'] ?? first('context.trace_id', 'traceId', 'trace_id') ?? record['id'],
  );
  const events = [...objectsOf(record['events']), ...objectsOf(record['otel_events'])].map(eventOf);
  return {
    id: hex(context['span_id'] ?? first('context.span_id', 'spanId', 'span_id', 'id')) ?? '',
    traceId: traceId ?? '',
    parentId: hex(
      first('parentSpanId', 'parent_span_id', 'parent_id', 'parentObservationId', 'parent_observation_id') ??
        first('parent_run_id') ??
        // Observations at the top of a trace of Langfuse.
        (OBSERVATIONS.has(record['type']) ? traceId : undefined),
    ),
    name,
    kind: isRoot ? 'other' : kindOf(name, record, attributes, events),
    at: started === undefined ? Infinity : (instantOf(started) ?? Infinity),
    startedAt: started,
    endedAt: ended,
    attributes,
    events,
    hasFailed: hasFailed(record),
    record,
  };
}

/** Phoenix's tables have a column for each attribute. */
function flatAttributes(record: JsonObject): JsonObject {
  const prefix = 'attributes.';
  return Object.fromEntries(
    Object.entries(record)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** Python prints ids as numbers (`0x…`). */
function hex(value: Json | undefined): string | undefined {
  const id = idOf(value)?.replace(/^0x/, '');
  return id === undefined || /^0*$/.test(id) ? undefined : id;
}

function eventOf(event: JsonObject): SpanEvent {
  const name = firstText([event['name'], event['event_name']]) ?? '';
  const attributes = plainAttributes(event['attributes']);
  return { name: name || (textOf(attributes['event.name']) ?? ''), attributes, body: event['body'] };
}

/** A time as text, or a number of seconds, milliseconds, microseconds or nanoseconds since 1970. */
function timeIn(value: Json | undefined): string | undefined {
  const digits = typeof value === 'number' ? value : /^\d+$/.test(textOf(value) ?? '') ? Number(value) : NaN;
  if (Number.isNaN(digits)) return timeOf(value);
  const unit = digits >= 1e17 ? 1e-6 : digits >= 1e14 ? 1e-3 : digits >= 1e11 ? 1 : 1e3;
  const milliseconds = digits * unit;
  const whole = millisecondsAsTime(Math.floor(milliseconds));
  // Spans of one millisecond keep their order.
  const micros = Math.floor((milliseconds % 1) * 1000);
  return micros === 0 ? whole : whole?.replace('Z', `${String(micros).padStart(3, '0')}Z`);
}

function hasFailed(record: JsonObject): boolean {
  const { status, status_code: code, level, error } = record;
  const state = isObject(status) ? (status['code'] ?? status['status_code']) : (code ?? status);
  return (
    state === 2 || /^(?:status_code_)?error$/i.test(textOf(state) ?? '') || level === 'ERROR' || isId(error)
  );
}

/** What the conventions call their kinds of spans. */
const KINDS: Readonly<Record<string, SpanKind>> = {
  chat: 'model',
  text_completion: 'model',
  completion: 'model',
  generate_content: 'model',
  llm: 'model',
  generation: 'model',
  llm_request: 'model',
  agent: 'agent',
  invoke_agent: 'agent',
  tool: 'tool',
  execute_tool: 'tool',
  'ai.toolcall': 'tool',
};

const KIND_NAMES = [
  'gen_ai.operation.name',
  'openinference.span.kind',
  'langfuse.observation.type',
  'langsmith.span.kind',
  'traceloop.span.kind',
  'ai.operationId',
  'span.type',
  'llm.request.type',
];

/** Its spans are known by their names. */
const AI_SDK = /^ai\.(?:(?:generate|stream)(?:text|object)(?:\.do(?:generate|stream))?|toolcall)$/i;

const MESSAGES = [
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.prompt',
  'gen_ai.completion',
  'llm.input_messages',
  'llm.output_messages',
  'ai.prompt.messages',
  'gcp.vertex.agent.llm_request',
];

function kindOf(
  name: string,
  record: JsonObject,
  attributes: Attributes,
  events: readonly SpanEvent[],
): SpanKind {
  const names = [
    record['type'],
    record['run_type'],
    record['span_kind'],
    ...KIND_NAMES.map((key) => attributes(key)),
    AI_SDK.test(name) ? name : undefined,
  ];
  for (const kind of names) {
    const key = (textOf(kind) ?? '').toLowerCase();
    if (Object.hasOwn(KINDS, key)) return KINDS[key] ?? 'other';
    if (AI_SDK.test(key)) return 'model';
  }
  const isCall = firstOf(attributes, MESSAGES) !== undefined || events.some(isMessageEvent);
  return isCall && attributes('gen_ai.operation.name') === undefined ? 'model' : 'other';
}

const MESSAGE_EVENT =
  /^gen_ai\.(?:(?:system|user|assistant|tool)\.message|choice|content\.(?:prompt|completion)|client\.inference\.operation\.details)$/;

export function isMessageEvent({ name }: SpanEvent): boolean {
  return MESSAGE_EVENT.test(name);
}
