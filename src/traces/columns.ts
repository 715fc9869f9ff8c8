import type { JsonSchema } from '../core/json.js';
import type { SeedColumn } from '../seeds/types.js';

const TEXT = { type: 'string' };
const OPTIONAL_TEXT = { type: ['string', 'null'] };
const COUNT = { type: 'integer', minimum: 0 };

const CONTENT_BLOCK: JsonSchema = {
  type: 'object',
  description: 'Text is {type: text, text}; other types keep the keys of their format.',
  properties: { type: TEXT, text: TEXT },
  required: ['type'],
  additionalProperties: true,
};

const TOOL_CALL: JsonSchema = {
  type: 'object',
  properties: {
    id: TEXT,
    type: { const: 'function' },
    function: {
      type: 'object',
      properties: { name: TEXT, arguments: { type: 'string', description: 'JSON text.' } },
      required: ['name', 'arguments'],
      additionalProperties: false,
    },
  },
  required: ['id', 'type', 'function'],
  additionalProperties: false,
};

const MESSAGE: JsonSchema = {
  type: 'object',
  properties: {
    role: { enum: ['system', 'user', 'assistant', 'tool'] },
    content: { type: 'array', items: CONTENT_BLOCK },
    reasoning_content: TEXT,
    tool_calls: { type: 'array', items: TOOL_CALL, minItems: 1 },
    tool_call_id: TEXT,
    is_error: { type: 'boolean', description: 'The tool reported a failure.' },
    kind: {
      enum: ['meta', 'summary', 'error', 'copied'],
      description:
        'Written by the tool: an aside, a summary of compacted history, a failed request. Or copied from an earlier trace.',
    },
  },
  required: ['role', 'content'],
  additionalProperties: false,
};

/** The columns of every row of an `agent_rollout` seed, in order. */
export const COLUMNS: readonly SeedColumn[] = Object.entries({
  trace_id: described(
    TEXT,
    'Identity of the trace; a sub-agent has that of its session, a colon and its own.',
  ),
  source_kind: described(TEXT, 'Format of the file.'),
  source_path: described(TEXT, 'Absolute path of the file.'),
  root_session_id: described(TEXT, 'Session the trace belongs to.'),
  agent_id: described(OPTIONAL_TEXT, 'The sub-agent whose trace it is.'),
  is_sidechain: described({ type: 'boolean' }, 'Whether a sub-agent did this.'),
  cwd: described(OPTIONAL_TEXT, 'Working directory.'),
  project_path: described(OPTIONAL_TEXT, 'Project directory.'),
  git_branch: OPTIONAL_TEXT,
  started_at: described(OPTIONAL_TEXT, 'First timestamp, as written in the file.'),
  ended_at: described(OPTIONAL_TEXT, 'Last timestamp, as written in the file.'),
  messages: { type: 'array', items: MESSAGE },
  source_meta: described({ type: 'object', additionalProperties: true }, 'Further facts from the file.'),
  message_count: COUNT,
  tool_call_count: COUNT,
  final_assistant_message: described(OPTIONAL_TEXT, 'The last text of the assistant.'),
}).map(([name, schema]) => ({ name, schema }));

function described(schema: JsonSchema, description: string): JsonSchema {
  return { ...schema, description };
}
