/** What a span says: the messages it was given and gave, its tokens, model and tools. */
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { compact, firstText, listOf, objectOf, objectsOf, textOf } from '../../fields.js';
import { firstOf, nested, plainAttributes, structureIn } from './attributes.js';
import { saidIn, saidOf, type Said } from './said.js';
import { isMessageEvent, type Span, type SpanEvent } from './spans.js';

/** Attributes with what a call was given, the most specific first. */
const INPUTS = [
  'gen_ai.input.messages',
  'gen_ai.prompt',
  'llm.input_messages',
  'ai.prompt.messages',
  'ai.prompt',
  'gcp.vertex.agent.llm_request',
  'pydantic_ai.all_messages',
];

/** Those of any span, model call or not. */
const ANY_INPUTS = [
  'langfuse.observation.input',
  'input.value',
  'traceloop.entity.input',
  'mlflow.spanInputs',
  'langfuse.trace.input',
  'input',
];

const OUTPUTS = [
  'gen_ai.output.messages',
  'gen_ai.completion',
  'llm.output_messages',
  'gcp.vertex.agent.llm_response',
];

const ANY_OUTPUTS = [
  'langfuse.observation.output',
  'output.value',
  'traceloop.entity.output',
  'mlflow.spanOutputs',
  'langfuse.trace.output',
  'output',
];

export function inputOf(span: Span): readonly Said[] {
  const { attributes, record } = span;
  const system = attributes('gen_ai.system_instructions');
  const found = firstOf(attributes, INPUTS);
  const events = eventsOf(span);
  const said =
    found !== undefined
      ? saidIn(found, 'user')
      : events.input.length > 0
        ? events.input
        : saidIn(record['input'] ?? record['inputs'] ?? firstOf(attributes, ANY_INPUTS), 'user');
  return said[0]?.role === 'system' || system === undefined ? said : [...saidOf(system, 'system'), ...said];
}

export function outputOf(span: Span): readonly Said[] {
  const { attributes, record } = span;
  const found = firstOf(attributes, OUTPUTS);
  if (found !== undefined) return saidIn(found, 'assistant');
  const answer = answerOfAiSdk(span);
  if (answer.length > 0) return answer;
  const events = eventsOf(span);
  if (events.output.length > 0) return events.output;
  // A failed run of LangSmith has empty outputs.
  const given = record['output'] ?? record['outputs'] ?? firstOf(attributes, ANY_OUTPUTS);
  return isObject(given) && Object.keys(given).length === 0 ? [] : saidIn(given, 'assistant');
}

function answerOfAiSdk({ attributes }: Span): readonly Said[] {
  const text = firstOf(attributes, ['ai.response.text', 'ai.response.object']);
  const calls = attributes('ai.response.toolCalls');
  const reasoning = attributes('ai.response.reasoning');
  if (text === undefined && calls === undefined && reasoning === undefined) return [];
  return saidIn(
    [
      {
        role: 'assistant',
        content: text ?? '',
        toolCalls: listOf(structureIn(calls)),
        reasoning: reasoning ?? '',
      },
    ],
    'assistant',
  );
}

interface Events {
  readonly input: readonly Said[];
  readonly output: readonly Said[];
}

/** Messages that are written as events: of the span, in an attribute (Pydantic AI), or as log records. */
function eventsOf(span: Span): Events {
  const written = firstOf(span.attributes, ['events', 'all_messages_events']);
  const listed = objectsOf(structureIn(written)).map((event): SpanEvent => ({
    name: textOf(event['event.name']) ?? '',
    attributes: event,
    body: undefined,
  }));
  const input: Said[] = [];
  const output: Said[] = [];
  for (const event of [...span.events, ...listed].filter(isMessageEvent)) addEvent(event, input, output);
  return { input, output };
}

function addEvent({ name, attributes, body }: SpanEvent, input: Said[], output: Said[]): void {
  const fields = {
    ...attributes,
    ...objectOf(nested(plainAttributes(structureIn(attributes['gen_ai.event.content']) ?? null))),
    ...objectOf(body),
  };
  const kind = name.slice('gen_ai.'.length);
  if (kind === 'choice') {
    // OpenTelemetry has the message, Strands its blocks under `message`, others the fields themselves.
    const message = fields['message'];
    const said = isObject(message)
      ? { role: 'assistant', ...message }
      : { ...fields, role: 'assistant', content: message ?? fields['content'] ?? null };
    output.push(...saidIn([said], 'assistant'));
  } else if (kind.endsWith('.message')) {
    const role = kind.slice(0, -'.message'.length);
    input.push(...saidIn([{ ...fields, role, content: fields['content'] ?? null }], 'user'));
  } else if (kind.startsWith('content.')) {
    const [key, list, role] =
      kind === 'content.prompt'
        ? (['gen_ai.prompt', input, 'user'] as const)
        : (['gen_ai.completion', output, 'assistant'] as const);
    list.push(...saidIn(fields[key], role));
  } else {
    const system = fields['gen_ai.system_instructions'];
    if (system !== undefined) input.push(...saidOf(system, 'system'));
    input.push(...saidIn(fields['gen_ai.input.messages'], 'user'));
    output.push(...saidIn(fields['gen_ai.output.messages'], 'assistant'));
  }
}

/** What a tool returned; `undefined` when the span does not say. */
export function resultOf(span: Span): Json | undefined {
  const { attributes, record } = span;
  const named = [
    'gen_ai.tool.call.result',
    'tool_response',
    'ai.toolCall.result',
    'gcp.vertex.agent.tool_response',
    ...ANY_OUTPUTS,
  ];
  const given = record['output'] ?? record['outputs'] ?? firstOf(attributes, named);
  if (given === undefined || given === null) {
    const [event] = eventsOf(span).output;
    return event ? [...event.content] : (record['error'] ?? failureOf(span));
  }
  const value = structureIn(given) ?? given;
  // A message of LangChain, or a single field with the output.
  const { output = value } = objectOf(value);
  const [said] = isObject(output) ? saidIn([output], 'tool') : [];
  const [result] = said?.role === 'tool' ? said.results : [];
  return result?.content ?? (output === value ? given : output);
}

function failureOf({ record, hasFailed }: Span): Json | undefined {
  if (!hasFailed) return undefined;
  return firstText([
    record['status_message'],
    record['statusMessage'],
    objectOf(record['status'])['message'],
  ]);
}

/** The arguments with which a tool was called. */
export function argumentsOf({ attributes, record }: Span): Json | undefined {
  const named = [
    'gen_ai.tool.call.arguments',
    'tool_arguments',
    'ai.toolCall.args',
    'tool.parameters',
    'gcp.vertex.agent.tool_call_args',
    ...ANY_INPUTS,
  ];
  return record['input'] ?? record['inputs'] ?? firstOf(attributes, named);
}

export function callIdOf({ attributes, record }: Span): string | undefined {
  const message = objectOf(objectOf(record['outputs'])['output']);
  return firstText([
    firstOf(attributes, ['gen_ai.tool.call.id', 'ai.toolCall.id', 'tool_call.id', 'tool_use_id']),
    message['tool_call_id'],
    objectOf(message['kwargs'])['tool_call_id'],
  ]);
}

export function toolNameOf({ attributes, name }: Span): string {
  const named = ['gen_ai.tool.name', 'ai.toolCall.name', 'tool.name', 'tool_name', 'traceloop.entity.name'];
  return textOf(firstOf(attributes, named)) ?? name.replace(/^execute_tool /, '');
}

export function modelOf({ attributes, record }: Span): string | undefined {
  const metadata = objectOf(objectOf(record['extra'])['metadata']);
  return firstText([
    firstOf(attributes, [
      'gen_ai.response.model',
      'ai.response.model',
      'gen_ai.request.model',
      'ai.model.id',
      'llm.model_name',
      'model',
    ]),
    record['model'],
    record['providedModelName'],
    record['provided_model_name'],
    metadata['ls_model_name'],
  ]);
}

/** The definitions of the tools that the model had, as they are written. */
export function toolsOf({ attributes, record }: Span): readonly Json[] {
  const parameters = objectOf(objectOf(record['extra'])['invocation_params']);
  const candidates = [
    firstOf(attributes, ['gen_ai.tool.definitions', 'llm.tools', 'ai.prompt.tools', 'llm.request.functions']),
    parameters['tools'],
    objectOf(record['input'])['tools'],
    objectOf(record['inputs'])['tools'],
  ];
  const found = candidates.map((tools) => listOf(structureIn(tools))).find((list) => list.length > 0) ?? [];
  return found.map((tool) => {
    const { tool: inner = tool, 'tool.json_schema': schema } = objectOf(tool);
    const given = schema ?? objectOf(inner)['json_schema'] ?? inner;
    return structureIn(given) ?? given;
  });
}

/** Tokens by the name of the row's field, and what the conventions call them. */
const TOKENS = {
  input_tokens: [
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'input_tokens',
  ],
  cached_input_tokens: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'llm.token_count.prompt_details.cache_read',
    'ai.usage.cachedInputTokens',
    'cache_read_tokens',
  ],
  output_tokens: [
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
    'output_tokens',
  ],
} as const;

export function usageOf({ attributes, record }: Span): JsonObject {
  const outputs = objectOf(record['outputs']);
  const message = objectOf(outputs['llm_output']);
  const usages = [
    record['usageDetails'],
    record['usage_details'],
    record['usage'],
    outputs['usage_metadata'],
  ];
  const usage = [...usages, outputs['usage'], message['token_usage']].map(objectOf).find(isFilled) ?? record;
  const number = (value: Json | undefined): number | undefined =>
    typeof value === 'number' ? value : undefined;
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = TOKENS;
  return compact({
    input_tokens:
      number(firstOf(attributes, input)) ??
      number(usage['input'] ?? usage['input_tokens'] ?? usage['prompt_tokens']),
    cached_input_tokens:
      number(firstOf(attributes, cached)) ??
      number(usage['input_cached_tokens'] ?? usage['cache_read_input_tokens']),
    output_tokens:
      number(firstOf(attributes, output)) ??
      number(usage['output'] ?? usage['output_tokens'] ?? usage['completion_tokens']),
  });
}

function isFilled(value: JsonObject): boolean {
  return Object.keys(value).length > 0;
}
