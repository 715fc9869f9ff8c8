import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { SeedRow } from '../../src/seeds/types.js';
import { folderWith, objects, readAll, removeFolders, type Files } from './support.js';

/** The worked examples of the format's rule book, with the rows that the reference implementation gives. */
interface Example {
  readonly id: string;
  readonly format: string;
  readonly title: string;
  readonly options: JsonObject;
  readonly files: Files;
  /** `<root>` stands for the folder. */
  readonly expect: readonly SeedRow[];
}

const EXAMPLES = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures', 'examples.json'), 'utf8'),
) as readonly Example[];

/** Where we differ from the reference on purpose: why, and the rows that are right instead. */
interface Difference {
  readonly because: readonly string[];
  readonly rows: (reference: readonly SeedRow[]) => readonly SeedRow[];
}

const text = (value: string): JsonObject => ({ type: 'text', text: value });
const call = (id: string, name: string, args: string): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const meta = (row: SeedRow, change: JsonObject): JsonObject => ({
  ...(row['source_meta'] as JsonObject),
  ...change,
});

/** Applies changes to the rows in turn. */
function changed(...changes: readonly ((row: SeedRow) => JsonObject)[]): Difference['rows'] {
  return (reference) => reference.map((row, index) => ({ ...row, ...changes[index]?.(row) }));
}

/** A row without anything beside what is given. */
function bareRow(trace: string, kind: string, path: string, rest: JsonObject): SeedRow {
  const nothing = { agent_id: null, is_sidechain: false, cwd: null, project_path: null, git_branch: null };
  const times = { started_at: null, ended_at: null };
  return {
    trace_id: trace,
    source_kind: kind,
    source_path: `<root>/${path}`,
    root_session_id: trace,
    ...nothing,
    ...times,
    ...rest,
  };
}

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'CC-1': {
    because: [
      'tool results stay with their calls, before the text the user added to them',
      'is_error is kept',
      'a line put in by the tool (isMeta) is marked',
      'the model is named in source_meta',
    ],
    rows: changed((row) => {
      const [caveat, ask, answer, , , , done] = row['messages'] as readonly JsonObject[];
      const messages = [
        { ...caveat, kind: 'meta' },
        ask,
        answer,
        { role: 'tool', content: [text('2 hits')], tool_call_id: 't2' },
        { role: 'tool', content: [text('file body')], tool_call_id: 't1', is_error: true },
        { role: 'user', content: [text('note')] },
        done,
      ] as readonly Json[];
      return { messages, source_meta: meta(row, { models_used: ['m'] }) };
    }),
  },
  'CC-2': {
    because: ['the records of one Claude message are one message'],
    rows: changed((row) => {
      const [ask, , , result, redacted] = row['messages'] as readonly Json[];
      const merged = {
        role: 'assistant',
        content: [],
        reasoning_content: 'hmm',
        tool_calls: [call('t9', 'Bash', '{}')],
      };
      return { messages: [ask, merged, result, redacted] as readonly Json[], message_count: 4 };
    }),
  },
  'CC-3': {
    because: [
      'a single block without a list around it is that block, not the text of its printed form',
      'only isSidechain: true is true',
      'an empty branch is no branch',
      'a null type is unknown, as in the other formats',
    ],
    rows: changed((row) => {
      const [, ...others] = row['messages'] as readonly Json[];
      return {
        is_sidechain: false,
        git_branch: null,
        messages: [{ role: 'user', content: [text('x')] }, ...others],
        source_meta: meta(row, { record_types: ['assistant', 'unknown', 'user'] }),
      };
    }),
  },
  'CC-4': {
    because: [
      'a torn last line costs that line, not the trace',
      'a record without a message costs that record, not the trace',
      'a file without messages is filtered, not a row',
    ],
    rows: () =>
      [
        ['b', 'b-trunc.jsonl', { record_count: 1, record_types: ['user'], skipped_lines: 1 }] as const,
        [
          'c',
          'c-badmsg.jsonl',
          { record_count: 2, record_types: ['assistant', 'user'], skipped_records: 1 },
        ] as const,
      ].map(([trace, path, source_meta]) =>
        bareRow(trace, 'claude_code', path, {
          messages: [{ role: 'user', content: [text('hi')] }],
          source_meta,
          message_count: 1,
          tool_call_count: 0,
          final_assistant_message: null,
        }),
      ),
  },
  'CX-1': {
    because: [
      'reasoning in an event and in an item is not doubled',
      'git.branch is read',
      'text blocks are {type: text}',
      'parallel calls are one message, without an invented empty text',
      'the model is named in source_meta',
    ],
    rows: changed((row) => ({
      git_branch: 'main',
      messages: [
        { role: 'system', content: [text('Rules')] },
        { role: 'user', content: [text('List')] },
        {
          role: 'assistant',
          content: [],
          reasoning_content: 'Plan',
          tool_calls: [call('c1', 'shell', '{"cmd":["ls"]}'), call('c2', 'shell', '{"cmd":["pwd"]}')],
        },
        { role: 'tool', content: [text('a\nb')], tool_call_id: 'c1' },
        { role: 'tool', content: [text('/w')], tool_call_id: 'c2' },
        { role: 'assistant', content: [text('Two'), text('files')], reasoning_content: 'Wait' },
      ],
      source_meta: meta(row, { models_used: ['gpt-x'] }),
      message_count: 6,
    })),
  },
  'CX-2': {
    because: [
      'the first session_meta wins',
      'a start time that is no date is not used',
      'values of unexpected types become JSON text',
      'calls of other kinds are calls too, so that their results have one',
      'reasoning before a message of the user is kept as unattached',
    ],
    rows: changed(() => ({
      trace_id: 'first',
      root_session_id: 'first',
      cwd: '/one',
      project_path: '/one',
      git_branch: null,
      started_at: '2026-02-01T00:00:09Z',
      messages: [
        { role: 'user', content: [text('go')] },
        { role: 'assistant', content: [], tool_calls: [call('k1', 'patch', '*** Begin')] },
        { role: 'tool', content: [text('{"ok": true}')], tool_call_id: 'k1' },
        {
          role: 'assistant',
          content: [],
          tool_calls: [
            call('k2', 'f', '{"a": [1, 2.5], "b": null}'),
            call('k3', 'apply_patch', '{"x": true}'),
            call('k4', 'local_shell', '{}'),
          ],
        },
      ],
      source_meta: {
        record_count: 11,
        record_types: ['event_msg', 'response_item', 'session_meta'],
        response_item_types: [
          'apply_patch_call',
          'custom_tool_call',
          'custom_tool_call_output',
          'function_call',
          'local_shell_call',
          'message',
          'reasoning',
        ],
        cli_version: '1',
        unattached_reasoning: ['lost', 'tail'],
      },
      message_count: 4,
      tool_call_count: 4,
    })),
  },
  'CX-3': {
    because: ['the oldest layout, without envelopes, is read'],
    rows: changed((row) => ({
      trace_id: 'legacy',
      root_session_id: 'legacy',
      messages: [{ role: 'user', content: [text('hi')] }],
      source_meta: meta(row, { response_item_types: ['message'] }),
      message_count: 1,
    })),
  },
  'HM-2': {
    because: ['without times in the index, those of the messages count'],
    rows: changed(
      () => ({ started_at: '2026-01-03T00:00:00Z', ended_at: '2026-01-03T00:00:00Z' }),
      () => ({}),
    ),
  },
  'HM-3': {
    because: [
      'session_meta is consumed as metadata, and the transcript read',
      'a file without messages is filtered, not a row',
    ],
    rows: () => [
      bareRow('real', 'hermes_agent', 'real.jsonl', {
        messages: [{ role: 'user', content: [text('q')] }],
        source_meta: {
          record_count: 2,
          session_format: 'gateway_transcript',
          finish_reasons: [],
          tool_names_used: [],
          model: 'm',
        },
        message_count: 1,
        tool_call_count: 0,
        final_assistant_message: null,
      }),
    ],
  },
  'PI-1': {
    because: [
      'messages of extensions are kept whether the screen showed them or not, and are said by the user',
      'is_error is kept',
      'times of an abandoned branch do not count',
      'messages the tool put in are marked',
      'a command that the user ran is a user message in the words of Pi, and no call of the model',
      'commands that were hidden from the model are not counted',
    ],
    rows: changed((row) => {
      const [ask, answer, failed, , , , summary] = row['messages'] as readonly JsonObject[];
      const messages = [
        ask,
        answer,
        { ...failed, is_error: true },
        { role: 'user', content: [text('Ran `ls`\n```\no\n```\n\nCommand exited with code 2')] },
        { role: 'user', content: [text('hidden')], kind: 'meta' },
        { role: 'user', content: [text('shown')], kind: 'meta' },
        { ...summary, kind: 'summary' },
      ] as readonly Json[];
      return {
        ended_at: '2026-04-01T10:00:11.000Z',
        messages,
        source_meta: meta(row, { bash_execution_count: 1 }),
        message_count: 7,
        tool_call_count: 2,
      };
    }),
  },
  'PI-2': {
    because: [
      'a linear file is read from top to bottom',
      'an entry whose parent is missing follows the entry before it',
      'timestamps are compared as instants',
      'a call without an id gets one',
    ],
    rows: changed(
      (row) => ({
        messages: [{ role: 'user', content: [text('first')] }, ...(row['messages'] as readonly Json[])],
        message_count: 2,
      }),
      () => ({
        ended_at: '2026-04-01T15:00:00Z',
        messages: [
          { role: 'user', content: [text('lost')] },
          { role: 'user', content: [text('')] },
          { role: 'assistant', content: [text('bare')], tool_calls: [call('call_1', 'n', '{}')] },
        ],
        message_count: 3,
      }),
    ),
  },
  'AT-1': {
    because: ['messages copied from an earlier trajectory are marked'],
    rows: changed((row) => {
      const [system, copied, ...others] = row['messages'] as readonly JsonObject[];
      return { messages: [system, { ...copied, kind: 'copied' }, ...others] as readonly Json[] };
    }),
  },
  'AT-2': {
    because: [
      'values of unexpected types become JSON text',
      'results without a call id, observations of system steps and late results are accepted',
    ],
    rows: (reference) => [
      ...changed((row) => ({
        messages: [
          ...(row['messages'] as readonly Json[]).slice(0, 1),
          { role: 'assistant', content: [text('{"k": "v"}')] },
        ],
        final_assistant_message: '{"k": "v"}',
      }))(reference),
      ...(
        [
          [
            'b',
            'b-nocall.json',
            [
              { role: 'assistant', content: [text('m')] },
              { role: 'tool', content: [text('x')] },
            ],
          ],
          ['c', 'c-system.json', [{ role: 'system', content: [text('m')] }]],
          [
            'd',
            'd-late.json',
            [
              { role: 'assistant', content: [text('m')], tool_calls: [call('c', 'f', '{}')] },
              { role: 'tool', content: [text('x')], tool_call_id: 'c' },
              { role: 'assistant', content: [text('m')] },
            ],
          ],
        ] as const
      ).map(([trace, path, messages]) =>
        bareRow(trace, 'atif', path, {
          messages,
          source_meta: { schema_version: 'v', step_count: trace === 'd' ? 2 : 1, agent_name: 'n' },
          message_count: messages.length,
          tool_call_count: trace === 'd' ? 1 : 0,
          final_assistant_message: trace === 'c' ? null : 'm',
        }),
      ),
    ],
  },
};

/** What is irregular in the conversations of the examples, row by row; the reference does not look. */
const OPEN_END = { ends_without_answer: true };
const IRREGULARITIES: Readonly<Record<string, readonly JsonObject[]>> = {
  'CC-2': [OPEN_END],
  'CC-3': [{ ...OPEN_END, orphan_tool_results: 1 }],
  'CC-4': [OPEN_END, OPEN_END],
  'CX-2': [{ ...OPEN_END, unanswered_tool_calls: 3 }],
  'CX-3': [OPEN_END],
  'HM-2': [{ ...OPEN_END, unanswered_tool_calls: 2 }, OPEN_END],
  'HM-3': [OPEN_END],
  'PI-1': [{ ...OPEN_END, unanswered_tool_calls: 1 }],
  'PI-2': [{}, { ...OPEN_END, unanswered_tool_calls: 1 }],
  'AT-1': [OPEN_END],
  'AT-2': [{}, { ...OPEN_END, orphan_tool_results: 1 }, OPEN_END, {}],
};

function withIrregularities(id: string, rows: readonly SeedRow[]): readonly SeedRow[] {
  return rows.map((row, index) => ({ ...row, source_meta: meta(row, IRREGULARITIES[id]?.[index] ?? {}) }));
}

/** In every format, and other than in the reference: empty messages of the user and the system are no messages. */
function withoutEmpty(row: SeedRow): SeedRow {
  const messages = objects(row['messages']).filter(
    ({ role, content }) =>
      (role !== 'user' && role !== 'system') || objects(content).some((block) => block['text'] !== ''),
  );
  return { ...row, messages, message_count: messages.length };
}

afterAll(removeFolders);

describe('the worked examples', () => {
  it.each(
    EXAMPLES.map((example) => ({
      ...example,
      differs:
        [
          ...(DIFFERENCES[example.id]?.because ?? []),
          ...(IRREGULARITIES[example.id] ? ['irregular conversations are flagged in source_meta'] : []),
        ].join('; ') || 'nothing',
    })),
  )(
    '$id ($format) gives the rows of the reference; different on purpose: $differs',
    async ({ id, format, files, options, expect: reference }) => {
      const folder = folderWith(files);
      const { rows } = await readAll({ format, path: folder, ...options });
      const right = withIrregularities(id, DIFFERENCES[id]?.rows(reference) ?? reference).map(withoutEmpty);
      expect(rows).toStrictEqual(JSON.parse(JSON.stringify(right).replaceAll('<root>', folder)));
    },
  );

  it.each(EXAMPLES.filter(({ expect: { length } }) => length > 0))(
    '$id has the columns in their order',
    async ({ format, files, expect: reference }) => {
      const { rows } = await readAll({ format, path: folderWith(files) });
      for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(reference[0] ?? {}));
    },
  );
});
