import type { Json, JsonObject } from '../../src/core/json.js';

/** Sessions and pairs with all that real ones have and trainers refuse. */

const user = (content: Json): JsonObject => ({ role: 'user', content });
const assistant = (content: Json, ...calls: readonly JsonObject[]): JsonObject => ({
  role: 'assistant',
  content,
  ...(calls.length > 0 && { tool_calls: calls }),
});
const call = (id: Json, given: Json, name: Json = 'bash'): JsonObject => ({
  ...(id !== null && { id }),
  type: 'function',
  function: { name, arguments: given },
});
const tool = (id: Json, content: Json): JsonObject => ({
  role: 'tool',
  ...(id !== null && { tool_call_id: id }),
  content,
});
const text = (value: string): JsonObject => ({ type: 'text', text: value });
const image: JsonObject = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };

const long = 'x'.repeat(80);

const chats: Readonly<Record<string, readonly JsonObject[]>> = {
  'system in the middle': [
    { role: 'developer', content: 'Be brief.' },
    user('Why?'),
    { role: 'system', content: 'Hurry.' },
    assistant('Because.'),
    user('And now?'),
    user('Hello?'),
    assistant('Yes.'),
    assistant('Yes, yes.'),
  ],
  'arguments that are no JSON object': [
    user('Patch it.'),
    assistant(null, call('a', '*** Begin Patch\n"x"'), call('b', '[1]'), call('c', ''), call('d', 7)),
    ...['a', 'b', 'c', 'd'].map((id) => tool(id, 'done')),
    assistant('Patched.'),
  ],
  'empty messages': [
    { role: 'system', content: '' },
    assistant('Hello!'),
    user('Go.'),
    assistant(''),
    assistant(null),
    assistant([]),
    assistant('Gone.'),
    user('Thanks.'),
  ],
  'content blocks and images': [
    { role: 'system', content: [text('Look well.')] },
    user([text('What is this?'), image]),
    assistant([text('A square.'), text('A red one.')]),
    user([image]),
    assistant('', call('a', { path: 'a.png' }, 'view')),
    tool('a', [image]),
    assistant([text('A circle.')]),
  ],
  'calls and results that miss the other': [
    user('Go.'),
    assistant('I will look.', call('a', '{}'), call('b', '{"n":1}')),
    tool('b', 'first'),
    tool('b', 'second'),
    tool('x', 'of no call'),
    assistant('Done.'),
  ],
  'ids that come again': [
    user('Count.'),
    assistant('', call('call_0', '{"n":1}')),
    tool('call_0', 'one'),
    assistant('', call('call_0', '{"n":2}')),
    tool('call_0', 'two'),
    assistant('Two.'),
  ],
  'no ids': [
    user('Count.'),
    assistant('', call(null, '{"n":1}'), call(null, '{"n":2}')),
    tool(null, 'one'),
    tool(null, 'two'),
    assistant('', call(null, '{"n":3}')),
    tool(null, 'three'),
    assistant('Three.'),
  ],
  'names that OpenAI refuses': [
    user('Go.'),
    assistant('', call('a', '{}', 'functions.exec command'), call('b', '{}', long), call('c', '{}', null)),
    tool('a', 'x'),
    tool('b', 'y'),
    tool('c', 'z'),
    assistant('Done.'),
  ],
  'a call at the end': [user('Go.'), assistant('', call('a', '{"n":1}')), tool('a', 'x')],
  'a user who interrupts': [
    user('Go.'),
    assistant('', call('a', '{}')),
    tool('a', 'x'),
    user('Stop!'),
    assistant('Stopped.'),
  ],
  'hostile text': [
    user('half of an emoji \ud83d, \u0000, \u2028, \u001b[31m, <script>, \u202e, \ufeff'),
    assistant('\udc00 {"a": "\\ud83d"}', call('a', { '\ud83d': '\udc00' })),
    tool('a', '🙂\ud83d'),
    assistant('Right. 🙂'),
  ],
  'other roles, notes and names of ShareGPT': [
    { from: 'human', value: 'Why?' },
    { role: 'assistant', kind: 'summary', content: 'They ask why.' },
    { role: 'critic', content: 'Hm.' },
    { from: 'gpt', value: 'Because.' },
  ],
};

const parameters: JsonObject = { type: 'object', properties: { n: { type: 'integer' } } };

/** Definitions of tools as OpenAI's two APIs, Anthropic's and MCP have them, and a built-in one without a name. */
const tools: readonly JsonObject[] = [
  { type: 'function', function: { name: 'bash', description: 'Runs a command.', parameters } },
  { type: 'function', name: 'view', parameters, strict: false },
  { name: 'functions.exec command', input_schema: parameters },
  { name: long, inputSchema: parameters },
  { type: 'function', function: { name: 'none', parameters: null } },
  { type: 'web_search' },
];

export const sessions: readonly JsonObject[] = Object.entries(chats).map(([title, chat], at) => ({
  title,
  chat,
  tools: at % 3 === 0 ? JSON.stringify(tools) : at % 3 === 1 ? tools : null,
}));

export const pairs: readonly JsonObject[] = [
  { system: null, prompt: 'Why?', chosen: 'Because.', rejected: 'Half \ud83d', tools: null },
  {
    system: [text('Be brief.')],
    prompt: [text('Why?'), image],
    chosen: [assistant([text('Because.')])],
    rejected: [text('Dunno.')],
    tools: null,
  },
  { system: '', prompt: user('Why?'), chosen: assistant('Because.'), rejected: ' ', tools: [] },
  {
    system: 'Be brief.',
    prompt: [
      user('Count.'),
      assistant('', call('call_0', '{"n":1}', 'count.it')),
      tool('call_0', 'one'),
      user('Go on.'),
      assistant('One moment.'),
    ],
    chosen: [{ from: 'gpt', value: 'Two.' }],
    rejected: 'Three.',
    tools: JSON.stringify([{ name: 'count.it', input_schema: parameters }]),
  },
];
