import type { JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import {
  compact,
  decodedJson,
  distinctTexts,
  filled,
  idOf,
  listOf,
  objectOf,
  objectsOf,
  textOf,
} from '../fields.js';
import {
  lineOf,
  recordsOf,
  type ParsedTraces,
  type RolloutFormat,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../format.js';
import { openAiCalls } from '../openai-calls.js';
import { extensionOf, lineName } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { createTranscript, type Transcript } from '../transcript.js';

/**
 * SWE-agent: one `.traj` document per instance. `history` has the messages that the model saw, `trajectory` the steps;
 * the messages are read, and the steps only where there are no messages. A run with retries has a list of `attempts`,
 * and repeats the best one beside it.
 */
export const sweAgent: RolloutFormat = {
  name: 'swe_agent',
  filePattern: '*.traj',
  defaultFolders: () => [],
  owns: (path) => extensionOf(path) === '.traj',
  recognises: (content: TraceContent) =>
    recordsOf(content)
      .slice(0, 20)
      .some((document) => attemptsOf(document).some(isTrajectory)),
  parse,
};

/** The attempts of a run with retries, otherwise the run itself. */
function attemptsOf(document: JsonObject): readonly JsonObject[] {
  const attempts = objectsOf(document['attempts']);
  return attempts.some(isTrajectory) ? attempts : [document];
}

function isTrajectory({ trajectory, history }: JsonObject): boolean {
  // A demonstration has no steps.
  if (trajectory === undefined) return objectsOf(history).some(isHistoryItem);
  const isStep = ({ action, observation }: JsonObject): boolean =>
    action !== undefined && observation !== undefined;
  return (
    objectsOf(trajectory).some(isStep) ||
    (Array.isArray(trajectory) && trajectory.length === 0 && Array.isArray(history))
  );
}

function isHistoryItem({ role, agent, message_type: type }: JsonObject): boolean {
  return typeof role === 'string' && typeof agent === 'string' && typeof type === 'string';
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const documents = recordsOf(content);
  const traces = documents.flatMap((document, at) => {
    // Datasets have a run on each line.
    const id =
      idOf(document['instance_id']) ?? (documents.length > 1 ? lineName(stem, lineOf(content, at)) : stem);
    const attempts = attemptsOf(document).filter(isTrajectory);
    if (attempts[0] === document) return [parseRun(document, id, id, {}, skips)];
    const best = objectOf(document['info'])['best_attempt_idx'];
    return attempts.map((run, number) =>
      parseRun(run, `${id}:${number + 1}`, id, { attempt: number + 1, best_attempt: number === best }, skips),
    );
  });
  return { traces, skipped: skips.findings() };
}

function parseRun(
  run: JsonObject,
  traceId: string,
  rootSessionId: string,
  facts: JsonObject,
  skips: Skips,
): Trace {
  const transcript = createTranscript();
  const history = objectsIn(run['history'], skips, 'messages').filter(({ is_demo: demo }) => demo !== true);
  const steps = objectsIn(run['trajectory'], skips, 'steps');
  if (history.length > 0) for (const message of history) addMessage(transcript, message, skips);
  else for (const [at, step] of steps.entries()) addStep(transcript, step, at + 1);
  const info = objectOf(run['info']);
  // The state is an object since version 1, JSON text before; the settings are text.
  const cwd = textOf(objectOf(decodedJson(steps[0]?.['state']))['working_dir']);
  const { agent } = objectOf(decodedJson(run['replay_config']));
  return {
    traceId,
    rootSessionId,
    cwd,
    projectPath: cwd,
    messages: transcript.messages(),
    // The last call submits, and has no result.
    ...(String(info['exit_status']).startsWith('submitted') && { finish: '' }),
    meta: compact({
      record_count: history.length || listOf(run['trajectory']).length,
      environment: textOf(run['environment']),
      swe_agent_version: textOf(info['swe_agent_version']),
      models_used: filled(distinctTexts([objectOf(objectOf(agent)['model'])['name']])),
      exit_status: textOf(info['exit_status']),
      submission: textOf(info['submission']),
      model_stats: filled(objectOf(info['model_stats'])),
      ...facts,
    }),
  };
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const { role, content, thought } = message;
  if (role === 'user' || role === 'system') transcript.addMessage(role, content);
  else if (role === 'tool') {
    const ids = distinctTexts([...listOf(message['tool_call_ids']), message['tool_call_id']]);
    transcript.addResult(ids[0], content);
  } else if (role === 'assistant') {
    // Without function calling the thought is a part of the content.
    const isRepeated =
      typeof thought === 'string' && typeof content === 'string' && content.includes(thought);
    const reasoning = [
      ...objectsOf(message['thinking_blocks']).map(({ thinking }) => thinking),
      message['reasoning_content'],
      isRepeated ? undefined : thought,
    ];
    transcript.addAssistant({
      content: content === '' ? [] : contentBlocks(content),
      reasoning: distinctTexts(reasoning),
      calls: openAiCalls(message['tool_calls'], skips),
    });
  } else skips.add('messages with an unknown role');
}

function addStep(transcript: Transcript, step: JsonObject, number: number): void {
  const { response, thought, action, observation } = step;
  const id = `step_${number}`;
  transcript.addAssistant({
    content: contentBlocks(textOf(response) ?? textOf(thought)),
    calls:
      textOf(action) === undefined ? [] : [{ id, name: 'action', arguments: { command: action ?? null } }],
  });
  if (observation !== undefined)
    transcript.addResult(textOf(action) === undefined ? undefined : id, observation);
}
