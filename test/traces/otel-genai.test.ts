import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { folderWith, metaOf, objects, outline, readAll, removeFolders } from './support.js';

afterAll(removeFolders);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'traces', 'otel_genai');

async function readSpans(...records: readonly JsonObject[]) {
  return readAll({ path: folderWith({ 'spans.jsonl': records }) });
}

/** A span of trace `t`. Its number is its id, its time and its place among the others. */
function span(number: number, attributes: JsonObject, more: JsonObject = {}): JsonObject {
  const time = (second: number): string => `2026-05-01T00:00:${String(second).padStart(2, '0')}.000Z`;
  return {
    traceId: 't',
    spanId: String(number),
    name: 'span',
    start_time: time(number),
    end_time: time(number + 1),
    attributes,
    ...more,
  };
}

const user = (text: string): JsonObject => ({ role: 'user', parts: [{ type: 'text', content: text }] });
const answer = (text: string): JsonObject => ({
  role: 'assistant',
  parts: [{ type: 'text', content: text }],
});
const calling = (id: string, name = 'run'): JsonObject => ({
  role: 'assistant',
  parts: [{ type: 'tool_call', id, name, arguments: {} }],
});
const returned = (id: string, text: string): JsonObject => ({
  role: 'tool',
  parts: [{ type: 'tool_call_response', id, response: text }],
});
const chat = (input: readonly Json[], output: readonly Json[], more: JsonObject = {}): JsonObject => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.input.messages': JSON.stringify(input),
  'gen_ai.output.messages': JSON.stringify(output),
  ...more,
});

describe('the export of', () => {
  it.each([
    [
      'OTLP',
      'otlp.jsonl',
      [
        'system: You keep the reading list of a library.',
        'user: Which of the new poetry books is still on loan?',
        'assistant: (The list of loans has that.) +call_loans',
        'tool call_loans: Harbour Songs: on loan until 3 May',
        'assistant: +call_check',
        'tool call_check: Yes, it arrived in April.',
        'assistant: Harbour Songs is on loan until 3 May; it arrived in April.',
      ],
      { input_tokens: 205, output_tokens: 40 },
    ],
    [
      'OpenLLMetry',
      'openllmetry.json',
      [
        'system: Count carefully.',
        'user: How many words has the abstract?',
        'assistant: +call_w',
        'tool call_w: 212',
        'assistant: The abstract has 212 words.',
      ],
      { input_tokens: 80, output_tokens: 17 },
    ],
    [
      'Phoenix',
      'phoenix.jsonl',
      [
        'system: Answer with times only.',
        'user: When is high water in Lowbridge?',
        'assistant: +call_tide',
        'tool call_tide: 14:10',
        'assistant: High water in Lowbridge is at 14:10.',
      ],
      { input_tokens: 70, cached_input_tokens: 5, output_tokens: 20 },
    ],
    [
      'Langfuse (a trace)',
      'langfuse-trace.json',
      ['user: Turn 68 °F into Celsius.', 'assistant: +call_c', 'tool call_c: 20', 'assistant: It is 20 °C.'],
      { input_tokens: 44, output_tokens: 13 },
    ],
    [
      'Langfuse (observations)',
      'langfuse-observations.jsonl',
      ['user: Name a river in Wales.', 'assistant: The Wye.'],
      { input_tokens: 8, output_tokens: 3 },
    ],
    [
      'LangSmith',
      'langsmith.jsonl',
      [
        'user: How long is the coast path?',
        'assistant: +call_l',
        'tool call_l: 870 miles',
        'assistant: The coast path is 870 miles long.',
      ],
      { input_tokens: 60, output_tokens: 19 },
    ],
    [
      'the AI SDK',
      'ai-sdk.jsonl',
      [
        'system: You help in a shop.',
        'user: Is the blue kettle in stock?',
        'assistant: +call_k',
        'tool call_k: 3 left',
        'assistant: Yes, three blue kettles are left.',
      ],
      // The span around the calls repeats them.
      { input_tokens: 83, output_tokens: 23 },
    ],
    [
      'Logfire',
      'logfire.jsonl',
      [
        'system: You are a poet.',
        'user: What rhymes with orange?',
        'assistant: Nothing quite does; "door hinge" comes close.',
      ],
      { input_tokens: 12, output_tokens: 14 },
    ],
  ])('%s is one conversation, and no token counts twice', async (_, file, lines, tokens) => {
    const { rows, notes } = await readAll({ path: join(EXAMPLES, file) });
    expect(outline(rows[0])).toEqual(lines);
    expect([metaOf(rows[0])['token_usage'], notes]).toEqual([tokens, []]);
  });

  it('OTLP has rows for agents that another one started, with the call that did', async () => {
    const { rows } = await readAll({ path: join(EXAMPLES, 'otlp.jsonl') });
    expect(rows.map((row) => [row['trace_id'], row['is_sidechain'], row['message_count']])).toEqual([
      ['conv-poetry', false, 7],
      ['conv-poetry:b0', true, 2],
    ]);
    expect(metaOf(rows[0])).toMatchObject({
      agent_name: 'librarian',
      models_used: ['gpt-example-2026'],
      sub_agents: [{ tool_call_id: 'call_check', agent_id: 'b0' }],
    });
    expect(metaOf(rows[1])).toMatchObject({ agent_name: 'archivist', parent_tool_call_id: 'call_check' });
    expect([rows[0]?.['started_at'], rows[0]?.['ended_at']]).toEqual([
      '2026-05-01T09:00:00.000Z',
      '2026-05-01T09:00:08.000Z',
    ]);
  });

  it('Phoenix and Langfuse names the session of a trace', async () => {
    const { rows } = await readAll({ path: EXAMPLES });
    const roots = rows.map((row) => row['root_session_id']);
    expect(roots).toEqual(expect.arrayContaining(['sailing', 'lf-session', 'walks']));
  });
});

describe('Langfuse', () => {
  const trace = (id: string): JsonObject => ({
    id,
    projectId: 'p',
    timestamp: '2026-05-01T00:00:00.000Z',
    sessionId: 's',
    input: { messages: [{ role: 'user', content: `ask ${id}` }] },
    output: { role: 'assistant', content: `answer ${id}` },
  });
  const lines = (id: string) => [id, 's', `user: ask ${id}`, `assistant: answer ${id}`];

  it.each<readonly [string, string, Json]>([
    ['a list of traces', 'traces.jsonl', [trace('a'), trace('b')]],
    ['a session', 'session.json', { id: 's', traces: [trace('a'), trace('b')] }],
    ['a page of results', 'page.json', { data: [trace('a'), trace('b')], meta: { page: 1 } }],
  ])('gives %s without observations', async (_, name, content) => {
    const { rows, notes } = await readAll({ path: folderWith({ [name]: content }) });
    expect(rows.map((row) => [row['trace_id'], row['root_session_id'], ...outline(row)])).toEqual([
      lines('a'),
      lines('b'),
    ]);
    expect(notes).toEqual([]);
  });
});

describe('messages', () => {
  const call = (input: JsonObject): JsonObject => span(1, { 'openinference.span.kind': 'LLM', ...input });
  const said = ['user: hi', 'assistant: +c', 'tool c: ok', 'assistant: (hm) bye'];
  it.each<readonly [string, JsonObject]>([
    [
      'of Phoenix in a table',
      {
        'context.trace_id': 't',
        'context.span_id': '1',
        name: 'llm',
        span_kind: 'LLM',
        'attributes.llm.input_messages': [
          { 'message.role': 'user', 'message.content': 'hi' },
          {
            'message.role': 'assistant',
            'message.tool_calls': [{ 'tool_call.id': 'c', 'tool_call.function.name': 'run' }],
          },
          { 'message.role': 'tool', 'message.content': 'ok', 'message.tool_call_id': 'c' },
        ],
        'attributes.llm.output_messages': [
          {
            'message.role': 'assistant',
            'message.contents': [
              { 'message_content.type': 'reasoning', 'message_content.text': 'hm' },
              { 'message_content.type': 'text', 'message_content.text': 'bye' },
            ],
          },
        ],
      },
    ],
    [
      'of Phoenix as nested attributes',
      call({
        llm: {
          input_messages: [
            { message: { role: 'user', content: 'hi' } },
            {
              message: {
                role: 'assistant',
                tool_calls: [{ tool_call: { id: 'c', function: { name: 'run' } } }],
              },
            },
            { message: { role: 'tool', content: 'ok', tool_call_id: 'c' } },
          ],
          output_messages: [{ message: { role: 'assistant', content: 'bye', reasoning: 'hm' } }],
        },
      }),
    ],
    [
      'of Anthropic',
      call({
        'input.value': JSON.stringify({
          messages: [
            { role: 'user', content: 'hi' },
            { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'run', input: {} }] },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: 'ok' }] },
          ],
        }),
        'output.value': JSON.stringify({
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'bye' },
          ],
        }),
      }),
    ],
    [
      "of OpenAI's chats",
      call({
        'input.value': JSON.stringify({
          messages: [
            { role: 'user', content: 'hi' },
            { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'run', arguments: '{}' } }] },
            { role: 'tool', tool_call_id: 'c', content: 'ok' },
          ],
        }),
        'output.value': JSON.stringify({
          choices: [{ message: { role: 'assistant', content: 'bye', reasoning_content: 'hm' } }],
        }),
      }),
    ],
    [
      "of OpenAI's responses",
      call({
        'input.value': JSON.stringify({
          input: [
            { role: 'user', content: 'hi' },
            { type: 'function_call', call_id: 'c', id: 'fc_1', name: 'run', arguments: '{}' },
            { type: 'function_call_output', call_id: 'c', output: 'ok' },
          ],
        }),
        'output.value': JSON.stringify({
          output: [
            { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
            { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'bye' }] },
          ],
        }),
      }),
    ],
    [
      "of Google's agents",
      call({
        'gcp.vertex.agent.llm_request': JSON.stringify({
          contents: [
            { role: 'user', parts: [{ text: 'hi' }] },
            { role: 'model', parts: [{ function_call: { id: 'c', name: 'run', args: {} } }] },
            { role: 'user', parts: [{ function_response: { id: 'c', name: 'run', response: 'ok' } }] },
          ],
        }),
        'gcp.vertex.agent.llm_response': JSON.stringify({
          content: { role: 'model', parts: [{ text: 'hm', thought: true }, { text: 'bye' }] },
        }),
      }),
    ],
    [
      'of Bedrock, as events',
      span(
        1,
        { 'gen_ai.operation.name': 'chat' },
        {
          events: [
            { name: 'gen_ai.user.message', attributes: { content: '[{"text": "hi"}]' } },
            {
              name: 'gen_ai.assistant.message',
              attributes: { content: '[{"toolUse": {"toolUseId": "c", "name": "run", "input": {}}}]' },
            },
            {
              name: 'gen_ai.tool.message',
              attributes: { content: '[{"toolResult": {"toolUseId": "c", "content": "ok"}}]' },
            },
            {
              name: 'gen_ai.choice',
              attributes: {
                message: '[{"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "bye"}]',
              },
            },
          ],
        },
      ),
    ],
    [
      'in the events of earlier conventions',
      span(
        1,
        { 'gen_ai.system': 'openai' },
        {
          events: [
            { name: 'gen_ai.user.message', attributes: { content: 'hi' } },
            {
              name: 'gen_ai.assistant.message',
              attributes: { tool_calls: '[{"id": "c", "function": {"name": "run", "arguments": "{}"}}]' },
            },
            { name: 'gen_ai.tool.message', attributes: { content: 'ok', id: 'c' } },
            {
              name: 'gen_ai.choice',
              attributes: {
                index: 0,
                'gen_ai.event.content': '{"message": {"content": "bye", "reasoning": "hm"}}',
              },
            },
          ],
        },
      ),
    ],
    [
      'in an attribute with the events of Pydantic AI',
      span(1, {
        'gen_ai.operation.name': 'chat',
        events: JSON.stringify([
          { 'event.name': 'gen_ai.user.message', content: 'hi', role: 'user' },
          {
            'event.name': 'gen_ai.assistant.message',
            role: 'assistant',
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'run', arguments: {} } }],
          },
          { 'event.name': 'gen_ai.tool.message', role: 'tool', id: 'c', content: 'ok' },
          { 'event.name': 'gen_ai.choice', message: { role: 'assistant', content: 'bye', thinking: 'hm' } },
        ]),
      }),
    ],
    [
      'in an event with all of them',
      span(
        1,
        { 'gen_ai.operation.name': 'chat' },
        {
          events: [
            {
              name: 'gen_ai.client.inference.operation.details',
              attributes: {
                'gen_ai.input.messages': JSON.stringify([user('hi'), calling('c'), returned('c', 'ok')]),
                'gen_ai.output.messages': JSON.stringify([
                  {
                    role: 'assistant',
                    parts: [
                      { type: 'reasoning', content: 'hm' },
                      { type: 'text', content: 'bye' },
                    ],
                  },
                ]),
              },
            },
          ],
        },
      ),
    ],
    [
      'in log records',
      {
        resourceLogs: [
          {
            scopeLogs: [
              {
                logRecords: logged([
                  ['gen_ai.user.message', { content: 'hi' }],
                  [
                    'gen_ai.assistant.message',
                    { tool_calls: [{ id: 'c', function: { name: 'run', arguments: '{}' } }] },
                  ],
                  ['gen_ai.tool.message', { id: 'c', content: 'ok' }],
                  ['gen_ai.choice', { message: { role: 'assistant', content: 'bye', reasoning: 'hm' } }],
                ]),
              },
            ],
          },
        ],
      },
    ],
  ])('%s are read', async (_, record) => {
    const { rows, notes } = await readSpans(record as JsonObject);
    expect(rows.map(outline)).toEqual([said]);
    expect(notes).toEqual([]);
  });

  it('are one answer, where several were asked for', async () => {
    const choice = (text: string): JsonObject => ({ ...answer(text), finish_reason: 'stop' });
    const { rows } = await readSpans(span(1, chat([user('hi')], [choice('a'), choice('b')])));
    expect(outline(rows[0])).toEqual(['user: hi', 'assistant: a']);
  });

  it('stay text where a text is JSON that no message has', async () => {
    const json = '{"answer": [1, 2]}';
    const { rows } = await readSpans(
      span(1, { 'openinference.span.kind': 'LLM', 'input.value': 'hi', 'output.value': json }),
    );
    expect(outline(rows[0])).toEqual(['user: hi', `assistant: ${json}`]);
  });
});

function logged(events: readonly (readonly [string, JsonObject])[]): readonly Json[] {
  return events.map(([eventName, body]) => ({ traceId: 't', spanId: '1', eventName, body: typed(body) }));
}

function typed(value: Json | undefined): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(typed) } };
  const entries = Object.entries((value ?? {}) as JsonObject);
  return { kvlistValue: { values: entries.map(([key, inner]) => ({ key, value: typed(inner) })) } };
}

describe('the calls of a trace', () => {
  it('repeat the messages before them, and keep the reasoning that is not repeated', async () => {
    const thought = {
      role: 'assistant',
      parts: [{ type: 'reasoning', content: 'hm' }, ...partsOf(calling('a'))],
    };
    const { rows } = await readSpans(
      // Written as they end, not as they start.
      span(3, chat([user('go'), calling('a'), returned('a', '1')], [answer('done')])),
      span(1, chat([user('go')], [thought])),
    );
    expect(rows.map(outline)).toEqual([['user: go', 'assistant: (hm) +a', 'tool a: 1', 'assistant: done']]);
  });

  it('that belong to no longer conversation are counted', async () => {
    const { rows, notes } = await readSpans(
      span(1, chat([user('go')], [answer('done')])),
      span(2, chat([user('A title for this chat?')], [answer('Going')])),
      span(3, chat([user('go'), answer('done'), user('more')], [answer('that too')])),
    );
    expect(rows.map(outline)).toEqual([['user: go', 'assistant: done', 'user: more', 'assistant: that too']]);
    expect(notes).toMatchObject([
      { kind: 'skipped', reason: 'model calls outside the conversation', count: 1 },
    ]);
  });

  it('that were sent again count as replaced, and those without messages are counted', async () => {
    const { rows, notes } = await readSpans(
      span(1, chat([user('go')], [answer('first')])),
      span(2, chat([user('go')], [answer('second')])),
      span(3, { 'gen_ai.operation.name': 'chat' }),
      span(4, { 'http.method': 'GET' }),
    );
    expect(outline(rows[0])).toEqual(['user: go', 'assistant: second']);
    expect(metaOf(rows[0])['abandoned_messages']).toBe(1);
    expect(notes.map(({ reason, count }) => [reason, count])).toEqual([['model calls without messages', 1]]);
  });

  it('follow each other where a server keeps the conversation', async () => {
    const { rows } = await readSpans(
      span(1, chat([user('go')], [calling('a')])),
      span(2, chat([returned('a', '1')], [answer('done')])),
    );
    expect(outline(rows[0])).toEqual(['user: go', 'assistant: +a', 'tool a: 1', 'assistant: done']);
  });

  it('of one conversation are one row, in whatever traces they are', async () => {
    const id = { 'gen_ai.conversation.id': 'conv' };
    const { rows } = await readSpans(
      span(1, chat([user('one')], [answer('1')], id)),
      span(2, chat([user('two')], [answer('2')], id), { traceId: 'u' }),
      span(3, chat([user('three')], [answer('3')]), { traceId: 'v' }),
    );
    expect(rows.map((row) => [row['trace_id'], ...outline(row)])).toEqual([
      ['conv', 'user: one', 'assistant: 1', 'user: two', 'assistant: 2'],
      ['v', 'user: three', 'assistant: 3'],
    ]);
    expect(metaOf(rows[0])['trace_ids']).toEqual(['t', 'u']);
  });

  it('count once, though their spans were exported twice', async () => {
    const once = span(1, chat([user('go')], [answer('done')], { 'gen_ai.usage.input_tokens': 5 }));
    const { rows, notes } = await readSpans(once, once);
    expect([rows.map(outline), metaOf(rows[0])['token_usage']]).toEqual([
      [['user: go', 'assistant: done']],
      { input_tokens: 5 },
    ]);
    expect(notes.map(({ reason }) => reason)).toEqual(['spans that were there before']);
  });
});

function partsOf({ parts }: JsonObject): readonly Json[] {
  return (parts ?? []) as readonly Json[];
}

describe('the spans of tools', () => {
  const tool = (more: JsonObject): JsonObject => ({ 'gen_ai.operation.name': 'execute_tool', ...more });

  it('have the results of calls that no later call repeats, and say which failed', async () => {
    const { rows, notes } = await readSpans(
      span(1, chat([user('go')], [calling('a'), calling('b', 'other')])),
      span(2, tool({ 'gen_ai.tool.call.id': 'a', 'gen_ai.tool.call.result': 'one' })),
      span(3, tool({ 'gen_ai.tool.name': 'other' }), { status: { code: 2, message: 'no such file' } }),
    );
    expect(outline(rows[0])).toEqual([
      'user: go',
      'assistant: +a',
      'tool a: one',
      'assistant: +b',
      'tool b: no such file',
    ]);
    expect(objects(rows[0]?.['messages']).map(({ is_error: failed }) => failed)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      true,
    ]);
    expect(notes).toEqual([]);
  });

  it('without a call are counted, and are the calls where no model call has messages', async () => {
    const used = tool({
      'gen_ai.tool.name': 'run',
      'gen_ai.tool.call.arguments': '{"a":1}',
      'gen_ai.tool.call.result': '1',
    });
    const { notes } = await readSpans(span(1, chat([user('go')], [answer('done')])), span(2, used));
    expect(notes.map(({ reason }) => reason)).toEqual(['tool spans without a call']);

    const agent = { 'gen_ai.operation.name': 'invoke_agent', 'input.value': 'go', 'output.value': 'done' };
    const { rows } = await readSpans(
      span(1, agent),
      span(2, used, { parentSpanId: '1' }),
      span(3, { 'gen_ai.operation.name': 'chat' }, { parentSpanId: '1' }),
    );
    expect(outline(rows[0])).toEqual(['user: go', 'assistant: +2', 'tool 2: 1', 'assistant: done']);
  });
});

describe('agents', () => {
  const agent = (name: string): JsonObject => ({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': name,
  });

  it('that run one after the other are rows, the first one the main one', async () => {
    const { rows } = await readSpans(
      span(1, { 'gen_ai.operation.name': 'invoke_workflow' }),
      span(2, agent('writer'), { parentSpanId: '1' }),
      span(3, chat([user('write')], [answer('text')]), { parentSpanId: '2' }),
      span(4, agent('critic'), { parentSpanId: '1' }),
      span(5, chat([user('judge')], [answer('good')]), { parentSpanId: '4' }),
      span(6, agent('writer'), { parentSpanId: '1' }),
      span(7, chat([user('write'), answer('text'), user('shorter')], [answer('t')]), { parentSpanId: '6' }),
    );
    expect(rows.map((row) => [row['trace_id'], row['is_sidechain'], row['message_count']])).toEqual([
      ['t', false, 4],
      ['t:4', true, 2],
    ]);
  });

  it('that two libraries recorded are one', async () => {
    const { rows } = await readSpans(
      span(1, agent('writer')),
      span(2, { 'openinference.span.kind': 'AGENT' }, { parentSpanId: '1' }),
      span(3, chat([user('write')], [answer('text')]), { parentSpanId: '2' }),
    );
    expect(rows.map((row) => [row['trace_id'], ...outline(row)])).toEqual([
      ['t', 'user: write', 'assistant: text'],
    ]);
  });
});

describe('spans that say nothing', () => {
  it('are filtered, beside others with a count', async () => {
    const silent = span(1, { 'gen_ai.operation.name': 'chat' }, { traceId: 'silent' });
    const alone = await readSpans(silent);
    expect([alone.rows.length, alone.notes[0]?.reason]).toEqual([
      0,
      'no messages; model calls without messages',
    ]);
    const { rows, notes } = await readSpans(silent, span(2, chat([user('go')], [answer('done')])));
    expect(rows).toHaveLength(1);
    expect(notes.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
      'skipped: model calls without messages',
      'filtered: no messages',
    ]);
  });

  it('do no harm with circles, odd keys and values', async () => {
    const { rows } = await readSpans(
      span(1, chat([user('go')], [answer('done')]), { parentSpanId: '2' }),
      span(2, JSON.parse('{"__proto__.polluted":1,"a.__proto__.b":2,"":3}') as JsonObject, {
        parentSpanId: '1',
      }),
      span(3, { [`${'x.'.repeat(5000)}y`]: 1, 'gen_ai.prompt.0': 7, 'gen_ai.prompt': { role: 1 } }),
      { resourceSpans: [{ scopeSpans: [{ spans: [null, 7, {}] }] }] },
    );
    expect(rows.map(outline)).toEqual([['user: go', 'assistant: done']]);
    expect(({} as JsonObject)['polluted']).toBeUndefined();
  });
});
