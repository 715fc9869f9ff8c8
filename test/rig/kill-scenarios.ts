import { isObject } from '../../src/core/json.js';
import { echo, type Scenario } from './kill.js';
import { validAnswer } from './valid-answer.js';
import { writeSessions } from './traces.js';

const MODELS = `model_configs:
  - { alias: main, provider: openai, model: gpt-test, inference_parameters: { max_parallel_requests: 3 } }
`;
const SEED = `seed_config:
  source: { seed_type: agent_rollout, format: claude_code, path: traces }
`;
const TASK = '{{ messages[0].content }}';
const RECORD = `{ type: object, properties: { title: { type: string } }, required: [title], additionalProperties: false }`;

/** Recipes of every shape that a run can have, small enough to be killed often. */
export const scenarios: readonly [Scenario, ...Scenario[]] = [
  {
    name: 'a chain, some of whose rows fail half-way',
    recipe: `${MODELS}${SEED}columns:
  - { name: one, column_type: llm-text, model_alias: main, prompt: "One: ${TASK}" }
  - { name: two, column_type: llm-structured, model_alias: main, prompt: "Two: {{ one }}", output_format: ${RECORD} }
  - { name: three, column_type: llm-text, model_alias: main, prompt: "Three: {{ two.title }}" }
`,
    prepare: (workspace) => writeSessions(workspace, 6),
    answer: (call) => call.reply(/^Two: .*number [14]/s.test(call.prompt) ? 'no JSON at all' : echo(call)),
  },
  {
    name: 'rows that processors sort, choose and write in another shape',
    recipe: `${MODELS}${SEED}columns:
  - { name: one, column_type: llm-text, model_alias: main, prompt: "One: ${TASK}" }
  - { name: size, column_type: expression, dtype: int, drop: true, expr: "{{ one | length }}" }
processors:
  - { name: by, processor_type: sort, by: [size, one], order: desc }
  - { name: once, processor_type: dedupe, by: one, share: 0.5 }
  - { name: some, processor_type: sample, size: 4 }
  - { name: chat, processor_type: schema_transform, template: { said: "{{ one }}", size: "{{ size }}" } }
`,
    prepare: (workspace) => writeSessions(workspace, 6),
    answer: (call) => call.reply(echo(call)),
  },
  {
    name: 'a diamond with side columns',
    recipe: `${MODELS}${SEED}columns:
  - { name: top, column_type: llm-text, model_alias: main, with_trace: all_messages, extract_reasoning_content: true, prompt: "Top: ${TASK}" }
  - { name: left, column_type: llm-text, model_alias: main, with_trace: last_message, prompt: "Left: {{ top }}" }
  - { name: right, column_type: llm-structured, model_alias: main, prompt: "Right: {{ top }}", output_format: ${RECORD} }
  - { name: bottom, column_type: llm-text, model_alias: main, system_prompt: "Be {{ left }}", prompt: "Bottom: {{ right.title }}" }
  - { name: size, column_type: expression, dtype: int, expr: "{{ bottom | length }}" }
`,
    prepare: (workspace) => writeSessions(workspace, 5),
    answer: (call) => call.reply(echo(call), { reasoning: `thinking of ${call.prompt.length} characters` }),
  },
  {
    name: 'judged rows, some of them skipped',
    recipe: `${MODELS}${SEED}columns:
  - { name: draft, column_type: llm-text, model_alias: main, prompt: "Draft: ${TASK}" }
  - name: verdict
    column_type: llm-judge
    model_alias: main
    skip: { when: "{{ 'number 2' in draft }}" }
    prompt: "Judge: {{ draft }}"
    scores:
      - { name: good, description: how good it is, options: { 2: good, 1: fair, 0: bad } }
`,
    prepare: (workspace) => writeSessions(workspace, 7),
    answer: (call) => call.reply(isObject(call.schema ?? null) ? validAnswer(call) : echo(call)),
  },
  {
    name: 'rows that are all equal, and a column twice',
    recipe: `${MODELS}columns:
  - { name: idea, column_type: llm-text, model_alias: main, prompt: "Any idea" }
  - { name: again, column_type: llm-text, model_alias: main, prompt: "Any idea" }
  - { name: both, column_type: llm-text, model_alias: main, prompt: "Both: {{ idea }} {{ again }}" }
`,
    flags: ['--num-records', '7'],
    answer: (call) => call.reply(echo(call)),
  },
  {
    name: 'shuffled rows of a partition',
    recipe: `${MODELS}${SEED}columns:
  - { name: one, column_type: llm-text, model_alias: main, prompt: "One: ${TASK}" }
  - { name: two, column_type: llm-text, model_alias: main, prompt: "Two: {{ one }}" }
`,
    flags: ['--shuffle', '--seed', '5', '--partition-index', '1', '--num-partitions', '2'],
    prepare: (workspace) => writeSessions(workspace, 15),
    answer: (call) => call.reply(echo(call)),
  },
];
