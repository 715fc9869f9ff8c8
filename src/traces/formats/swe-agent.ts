import type { Json, JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import { compact, distinctTexts, filled, idOf, listOf, objectOf, objectsOf, textOf } from '../fields.js';
import type { ParsedTraces, RolloutFormat, TraceContent, TraceFile } from '../format.js';
import { extensionOf } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/**
 * SWE-agent: one `.traj` document per instance. `history` has the messages that the model saw, `trajectory` the steps;
 * the messages are read, and the steps only where there are no messages.
 */
export const sweAgent: RolloutFormat = {
  name: 'swe_agent',
  filePattern: '*.traj',
  defaultFolders: () => [],
  owns: (path) => extensionOf(path) === '.traj',
  recognises: (content: TraceContent) => content.kind === 'document' && isTrajectory(content.document),
  parse,
};

function isTrajectory({ trajectory, history }: JsonObject): boolean {
  if (!Array.isArray(trajectory)) return false;
  const isStep = ({ action, observation }: JsonObject): boolean =>
    action !== undefined && observation !== undefined;
  return objectsOf(trajectory).some(isStep) || (trajectory.length === 0 && Array.isArray(history));
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  if (content.kind !== 'document' || !isTrajectory(content.document)) return { traces: [], skipped: [] };
  const { document } = content;
  const skips = createSkips();
  const transcript = createTranscript();
  const history = objectsIn(document['history'], skips, 'messages').filter(
    ({ is_demo: demo }) => demo !== true,
  );
  if (history.length > 0) for (const message of history) addMessage(transcript, message, skips);
  else {
    for (const [at, step] of objectsIn(document['trajectory'], skips, 'steps').entries())
      addStep(transcript, step, at + 1);
  }
  const info = objectOf(document['info']);
  const trace = {
    traceId: stem,
    rootSessionId: stem,
    messages: transcript.messages(),
    meta: compact({
      record_count: history.length || listOf(document['trajectory']).length,
      environment: textOf(document['environment']),
      exit_status: textOf(info['exit_status']),
      submission: textOf(info['submission']),
      model_stats: filled(objectOf(info['model_stats'])),
    }),
  };
  return { traces: [trace], skipped: skips.findings() };
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
      calls: callsOf(message['tool_calls'], skips),
    });
  } else skips.add('messages with an unknown role');
}

function callsOf(value: Json | undefined, skips: Skips): readonly CallPart[] {
  const calls: CallPart[] = [];
  for (const call of objectsIn(value, skips, 'tool calls')) {
    const { name, arguments: given } = objectOf(call['function']);
    const tool = textOf(name);
    if (tool === undefined) skips.add('tool calls without a name');
    else calls.push({ id: idOf(call['id']), name: tool, arguments: given });
  }
  return calls;
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
